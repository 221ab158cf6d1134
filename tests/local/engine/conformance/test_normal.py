"""The normal form hides what is chance, and nothing else."""

import itertools
import re
from typing import Any

import pytest

from tests.local.engine.conformance import record
from tests.local.engine.conformance.normal import Links, Names, in_order
from tests.local.engine.conformance.scenarios import SCENARIOS

_A, _B, _C = (f"urn:pulumi:dev::conformance::toy:index:Thing::{name}" for name in "abc")
_PROVIDER = "urn:pulumi:dev::conformance::pulumi:providers:toy::default"
_FIRST, _SECOND = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def _normal(order: tuple[str, ...], links: Links) -> list[str]:
    return in_order(order, links.related, str)


def test_what_does_not_depend_on_each_other_may_come_in_any_order() -> None:
    links = Links([{"urn": _A}, {"urn": _B}, {"urn": _C}])
    assert {tuple(_normal(order, links)) for order in itertools.permutations((_A, _B, _C))} == {(_A, _B, _C)}


@pytest.mark.parametrize(
    "link",
    [
        {"dependencies": [_C]},
        {"propertyDependencies": {"size": [_C]}},
        {"replaceWith": [_C]},
        {"parent": _C},
        {"deletedWith": _C},
        {"provider": f"{_C}::{_FIRST}"},
    ],
    ids=lambda link: next(iter(link)),
)
def test_what_depends_on_another_keeps_its_place(link: dict[str, Any]) -> None:
    links = Links([{"urn": _A, **link}, {"urn": _B}, {"urn": _C}])
    orders = {tuple(_normal(order, links)) for order in itertools.permutations((_A, _B, _C))}
    assert orders == {(_A, _B, _C), (_B, _C, _A)}


def test_a_dependency_over_another_resource_counts() -> None:
    links = Links([{"urn": _A, "dependencies": [_B]}, {"urn": _B, "dependencies": [_C]}, {"urn": _C}])
    assert _normal((_C, _A), links) == [_C, _A]


def test_random_ids_are_named_after_their_provider_and_its_generation() -> None:
    names = Names()
    names.learn([{"urn": _PROVIDER, "id": _FIRST}])
    names.learn([{"urn": _PROVIDER, "id": _SECOND}, {"urn": _PROVIDER, "id": _FIRST}])
    assert names.apply([f"{_PROVIDER}::{_SECOND}", {"id": _FIRST}]) == [
        "pulumi:providers:toy::default::<toy default 2>",
        {"id": "<toy default 1>"},
    ]


def test_a_value_that_differs_is_shown_as_a_difference() -> None:
    assert record.difference({"a": {"b": 1}}, {"a": {"b": 1}}, ("old", "new")) == ""
    assert '-{"a": {"b": 1}}' in record.difference({"a": {"b": 1}}, {"a": {"b": 2}}, ("old", "new"))


def test_there_is_one_fixture_for_each_scenario() -> None:
    names = sorted(scenario.name for scenario in SCENARIOS)
    assert sorted(path.stem for path in record.FIXTURES.glob("*.json")) == names


@pytest.mark.parametrize("path", sorted(record.FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_no_fixture_tells_of_the_machine_that_recorded_it(path: Any) -> None:
    text = path.read_text()
    assert not re.search(r"/(?:home|root|tmp|usr|work)/|127\.0\.0\.1|localhost", text)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
