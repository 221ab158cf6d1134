"""The checkpoint and its lock."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from local.engine.errors import EngineError, Unsupported
from local.engine.state.passphrase import Passphrase
from local.engine.state.urns import (
    ProviderReference,
    is_default_provider,
    make_urn,
    qualified_type,
    resource_name,
    resource_type,
)
from tests.local.engine.conftest import PASSPHRASE, Bench


def _edit(bench: Bench, change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(bench.state_file.read_text())
    change(document)
    bench.state_file.write_text(json.dumps(document))


def test_urns_tell_the_parents_types_and_a_name_with_colons() -> None:
    stack = make_urn("dev", "app", "", "pulumi:pulumi:Stack", "app-dev")
    group = make_urn("dev", "app", stack, "app:index:Group", "a::b")
    thing = make_urn("dev", "app", group, "toy:index:Thing", "c")

    assert group == "urn:pulumi:dev::app::app:index:Group::a::b"
    assert thing == "urn:pulumi:dev::app::app:index:Group$toy:index:Thing::c"
    assert (qualified_type(thing), resource_type(thing)) == ("app:index:Group$toy:index:Thing", "toy:index:Thing")
    assert resource_name(group) == "a::b"
    assert ProviderReference.parse(f"{group}::id") == (group, "id")


def test_the_engines_own_providers_are_known_by_their_names() -> None:
    urn = "urn:pulumi:dev::app::pulumi:providers:toy::"

    assert is_default_provider(urn + "default")
    assert is_default_provider(urn + "default_4_21_4")
    assert not is_default_provider(urn + "mine")
    assert not is_default_provider("urn:pulumi:dev::app::toy:index:Thing::default")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 5}, "checkpoint version 5 needs the real pulumi"),
        ({"version": 4, "features": ["replaceWith", "views"]}, "makes use of views"),
    ],
)
def test_checkpoints_of_another_time_are_refused(bench: Bench, change: dict[str, Any], reason: str) -> None:
    _edit(bench, lambda document: document.update(change))

    with pytest.raises(Unsupported, match=reason):
        bench.run("up")


@pytest.mark.parametrize("field", ["taint", "refreshBeforeUpdate", "viewOf", "resourceHooks", "replacementTrigger"])
def test_states_that_ask_for_more_than_this_engine_does_are_refused(bench: Bench, field: str) -> None:
    bench.run("up", "")
    _edit(bench, lambda document: document["checkpoint"]["latest"]["resources"][0].update({field: "x"}))

    with pytest.raises(Unsupported, match=f"has '{field}', which needs the real pulumi"):
        bench.run("up")


def test_other_ways_to_keep_a_checkpoint_are_refused(bench: Bench) -> None:
    _edit(bench, lambda document: document["checkpoint"]["latest"].update(secrets_providers={"type": "service"}))
    with pytest.raises(Unsupported, match="secrets provider 'service'"):
        bench.run("up")
    bench.state_file.rename(f"{bench.state_file}.gz")
    with pytest.raises(Unsupported, match="compressed checkpoints"):
        bench.run("up")


def test_a_torn_file_is_told_with_the_one_before_it(bench: Bench) -> None:
    bench.run("up", "")
    bench.state_file.write_text('{"version": 3, "che')

    with pytest.raises(EngineError, match=r"is no checkpoint .*dev.json.bak"):
        bench.run("up")


def test_what_the_engine_does_not_know_of_a_resource_is_kept(bench: Bench) -> None:
    bench.run("up", 'Thing("a")')

    def add_a_field(document: dict[str, Any]) -> None:
        for resource in document["checkpoint"]["latest"]["resources"]:
            resource["fromTheFuture"] = 1

    _edit(bench, add_a_field)

    bench.run("refresh")

    assert all(resource["fromTheFuture"] == 1 for resource in bench.state()["resources"])


def test_a_checkpoint_sealed_otherwise_is_opened_and_sealed_anew(bench: Bench) -> None:
    bench.run("up", 'pulumi.export("key", Thing("a").key)')
    other = Passphrase.create(PASSPHRASE)
    bench.settings_file.write_text(f"encryptionsalt: {other.state}\n")

    assert not bench.run("up").outcome.changed

    state = bench.state()
    assert state["secrets_providers"]["state"]["salt"] == other.state
    assert other.decrypt(state["resources"][0]["outputs"]["key"]["ciphertext"]) == '"hush-a-1"'


def test_lost_settings_are_no_reason_to_seal_anew(bench: Bench) -> None:
    bench.run("up", 'Thing("a")')
    salt = bench.state()["secrets_providers"]["state"]["salt"]
    bench.settings_file.unlink()

    assert bench.run("up").outcome.succeeded
    assert bench.state()["secrets_providers"]["state"]["salt"] == salt


def test_the_stack_is_never_without_its_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = os.link

    def link(source: Any, target: Any) -> None:
        original(source, target)
        seen.append(bench.state_file.exists())

    monkeypatch.setattr(os, "link", link)
    bench.run("up", 'Thing("a")')

    assert seen
    assert all(seen)
    assert [path.name for path in bench.state_file.parent.iterdir() if path.name.startswith(".")] == []


def test_checksums_of_another_text_are_removed(bench: Bench) -> None:
    beside = bench.state_file.with_name(f"{bench.state_file.name}.attrs")
    beside.write_text("{}")

    bench.run("up", "")

    assert not beside.exists()
