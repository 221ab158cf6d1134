"""The rules against independent models of what they say."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import botocore.session
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components import rules
from components.rules import engines, naming, network, rotation, upkeep, windows
from components.rules.windows import DAY, WEEK

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def _clock(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def _weekly(start: int, length: int) -> str:
    ends = (start, (start + length) % WEEK)
    return "-".join(f"{_DAYS[minute // DAY]}:{_clock(minute)}" for minute in ends)


def _minutes(start: int, length: int, period: int) -> set[int]:
    """Every minute of a week that a window covers."""
    return {(begin + minute) % WEEK for begin in range(start, start + WEEK, period) for minute in range(length)}


@given(
    st.integers(0, WEEK - 1),
    st.integers(60, 300) | st.integers(60, WEEK - 1),
    st.integers(0, DAY - 1),
    st.integers(60, 300) | st.integers(60, DAY - 1),
)
@example(WEEK - 30, 60, 0, 60)  # over the end of the week, and into Sunday's snapshot
@example(WEEK - 30, 60, DAY - 90, 60)  # ends where the other begins
@example(0, 60, DAY - 30, 60)  # a snapshot over midnight, into Sunday's first hour
@example(3 * DAY, DAY, 600, 60)  # a day of maintenance leaves no minute for a daily snapshot
def test_windows_overlap_where_they_share_a_minute(weekly: int, long: int, daily: int, short: int) -> None:
    maintenance, snapshot = _weekly(weekly, long), f"{_clock(daily)}-{_clock(daily + short)}"
    shared = _minutes(weekly, long, WEEK) & _minutes(daily, short, DAY)
    assert windows.daily(snapshot).overlaps(windows.weekly(maintenance)) == bool(shared)
    assert windows.weekly(maintenance).overlaps(windows.daily(snapshot)) == bool(shared)
    assert bool([*upkeep.windows_are_apart(snapshot, maintenance)]) == bool(shared)


@given(st.integers(0, WEEK - 1), st.integers(0, 59))
def test_windows_last_an_hour(start: int, length: int) -> None:
    with pytest.raises(ValueError, match=f"lasts {length} minutes"):
        windows.weekly(_weekly(start, length))
    with pytest.raises(ValueError, match=f"lasts {length} minutes"):
        windows.daily(f"{_clock(start)}-{_clock(start + length)}")


@given(st.text("su:no0123456789-", max_size=24) | st.text(max_size=24))
def test_what_is_no_window_is_refused_in_words(text: str) -> None:
    for check in (upkeep.maintenance_window_is_one, upkeep.snapshot_window_is_one):
        assert [problem for problem in check(text) if not re.match("is written|lasts", problem)] == []


@given(st.text("abzAZ059-_ é", max_size=42) | st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True))
def test_ids_are_those_that_elasticache_takes(text: str) -> None:
    taken = re.fullmatch(r"(?!.*--)[a-z]([a-z0-9-]{0,38}[a-z0-9])?", text) is not None
    assert taken == (not [*naming.replication_group_id_is_one(text)])


@given(st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True))
def test_a_base_name_is_judged_by_the_id_it_makes(base: str) -> None:
    made = naming.group_id(base)
    refused = [*naming.base_name_makes_an_id(base)]
    assert len(refused) == len([*naming.replication_group_id_is_one(made)])
    assert all(made in problem for problem in refused)


@given(st.ip_addresses(), st.integers(0, 128))
def test_blocks_are_networks_by_their_own_name(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int
) -> None:
    text = f"{address}/{min(bits, address.max_prefixlen)}"
    meant = str(ipaddress.ip_network(text, strict=False))
    problems = [*network.blocks_are_some([text])]
    assert [problem for problem in problems if f"write {meant}" not in problem] == []
    assert bool(problems) == (text != meant)
    assert [*network.blocks_are_some([meant])] == []


@given(st.text("0123456789abcdef.:/ ", max_size=20))
def test_what_is_no_block_is_refused(text: str) -> None:
    try:
        name: str | None = str(ipaddress.ip_network(text))
    except ValueError:
        name = None
    assert bool([*network.blocks_are_some([text])]) == (text != name)


@pytest.mark.parametrize("block", ["0.0.0.0/0", "::/0"])
def test_everybody_is_let_in_only_by_name(block: str) -> None:
    assert [*network.not_everybody_is_let_in([block], allow_any_source=False)]
    assert not [*network.not_everybody_is_let_in([block], allow_any_source=True)]
    assert not [*network.not_everybody_is_let_in(["0.0.0.0/1", "10.0.0.0/8", "none"], allow_any_source=False)]


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 999), st.integers(0, 9999))
def test_durations_are_added_up(days: int, hours: int, minutes: int, rest: int) -> None:
    total = days * 86400 + hours * 3600 + minutes * 60 + rest
    assert rotation.seconds(f"{days}d{hours}h{minutes}m{rest}s") == total
    assert rotation.seconds(f"{minutes}m") == minutes * 60


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_age_is_above_the_overlap(age: int, overlap: int) -> None:
    problems = [*rotation.age_is_above_the_overlap(f"{age}s", f"{overlap}s")]
    assert bool(problems) == (age == 0 or age <= overlap)
    assert not [*rotation.age_is_above_the_overlap("", f"{overlap}s")]


@pytest.mark.parametrize("text", ["", "60", "1w", "m", "1m1h", "1.5h", "-1m", " 1m", "1m\n"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        rotation.seconds(text)


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("redis", "3.2.10", "redis3.2"),
        ("redis", "5.0.6", "redis5.0"),
        ("redis", "6.x", "redis6.x"),
        ("redis", "6.0", "redis6.x"),
        ("redis", "6.2", "redis6.x"),
        ("redis", "7.0", "redis7"),
        ("redis", "7.1", "redis7"),
        ("valkey", "7.2", "valkey7"),
        ("valkey", "8.0", "valkey8"),
        ("valkey", "8.1", "valkey8"),
        ("valkey", "9.0", "valkey9"),
        ("valkey", "10.12", "valkey10"),
    ],
)
def test_the_family_follows_from_the_version(engine: str, version: str, family: str) -> None:
    assert engines.parse(engine, version).family == family


@pytest.mark.parametrize(
    ("engine", "version"),
    [
        *(
            ("redis", text)
            for text in ("", "7", "7.x", "7.0.5", "6", "6.2.6", "5.0", "0.1.2", "v7.1", "7.01", "6.02", "7.1 ")
        ),
        *(("valkey", text) for text in ("", "7", "7.1", "6.2", "7.x", "8.0.1", "8", "5.0.6", "07.2")),
    ],
)
def test_other_spellings_are_no_versions(engine: str, version: str) -> None:
    with pytest.raises(ValueError, match="is no version of"):
        engines.parse(engine, version)


def test_logs_are_kept_for_the_days_that_cloudwatch_names() -> None:
    model = botocore.session.get_session().get_service_model("logs").shape_for("Days")
    named = {int(number) for number in re.findall(r"\d+", str(model.documentation).split("Possible values are")[1])}
    taken = {days for days in range(4000) if not [*upkeep.slow_log_is_kept(days)]}
    assert len(taken) > 20
    assert taken == named


def test_a_rule_waits_until_all_it_looks_at_is_known() -> None:
    def about(**values: Any) -> list[str]:
        return [problem.setting for problem in rules.problems(values)]

    assert about(automatic_failover=True) == []
    assert about(automatic_failover=True, node_count=1) == ["automatic_failover"]
    assert about(automatic_failover=True, node_count=2) == []


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.check.__name__)
def test_each_rule_can_be_told_without_values(rule: rules.Rule) -> None:
    assert len(rule.summary) > 10
    assert not rule.summary.endswith(".")
