"""`random.RandomPassword` and `random.RandomId`."""

from __future__ import annotations

import base64
import string

import bcrypt
import pytest
from pulumi.runtime.proto import provider_pb2

from tests.local.plugins.client import UNKNOWN, Json, Plugin, PluginError, State

PASSWORD = "random:index/randomPassword:RandomPassword"
ID = "random:index/randomId:RandomId"


def test_a_password_as_the_program_asks_for_it(random: Plugin) -> None:
    state = random.create(PASSWORD, {"length": 64, "overrideSpecial": "!&#$^<>-", "keepers": {"generation": "1"}})
    password = state.outputs["result"]
    assert state.id == state.outputs["id"] == "none"
    assert len(password) == 64
    assert set(password) <= set(string.ascii_letters + string.digits + "!&#$^<>-")
    assert bcrypt.checkpw(password.encode(), state.outputs["bcryptHash"].encode())
    assert state.secrets == {"result", "bcryptHash"}
    assert state.outputs["keepers"] == {"generation": "1"}


def test_defaults_are_outputs_but_no_inputs(random: Plugin) -> None:
    state = random.create(PASSWORD, {"length": 8})
    assert state.inputs == {"length": 8}
    flags = {"lower": True, "upper": True, "numeric": True, "number": True, "special": True}
    assert flags.items() <= state.outputs.items()
    assert {state.outputs[f"min{name}"] for name in ("Lower", "Upper", "Numeric", "Special")} == {0}


def test_least_numbers_are_kept(random: Plugin) -> None:
    wanted = {"length": 8, "minLower": 2, "minUpper": 2, "minNumeric": 2, "minSpecial": 2, "overrideSpecial": "!"}
    for _ in range(5):
        password = random.create(PASSWORD, wanted).outputs["result"]
        counts = [sum(character in group for character in password) for group in (string.digits, "!")]
        assert counts == [2, 2]
        assert sum(character.islower() for character in password) == 2


def test_a_class_of_characters_can_be_left_out(random: Plugin) -> None:
    wanted = {"length": 100, "special": False, "upper": False, "lower": False}
    assert random.create(PASSWORD, wanted).outputs["result"].isdecimal()


def test_passwords_longer_than_bcrypt_sees(random: Plugin) -> None:
    state = random.create(PASSWORD, {"length": 100})
    assert bcrypt.checkpw(state.outputs["result"].encode()[:72], state.outputs["bcryptHash"].encode())


def test_no_two_are_the_same(random: Plugin) -> None:
    assert len({random.create(PASSWORD, {"length": 32}).outputs["result"] for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("news", "property_", "reason"),
    [
        ({}, "length", "is required"),
        ({"length": 0}, "length", "expected 1 or more, got 0"),
        ({"length": "long"}, "length", "expected a number"),
        ({"length": 3, "minLower": 4}, "length", "expected at least 4, the sum of the min... inputs"),
        (
            {"length": 3, "upper": False, "lower": False, "numeric": False, "special": False},
            "numeric",
            "expected at least one of upper, lower, numeric, special to be true",
        ),
        ({"length": 3, "number": True}, "number", "is deprecated: give numeric"),
        ({"length": 3, "keepers": "x"}, "keepers", "expected a map"),
        ({"length": 3, "lenght": 4}, "lenght", "is not known here; did you mean length?"),
        ({"length": 3, "result": "mine"}, "result", "is set by the cloud and cannot be given"),
    ],
)
def test_broken_rules(random: Plugin, news: Json, property_: str, reason: str) -> None:
    assert random.check(PASSWORD, news).failures == {property_: reason}


def test_types_convert_as_in_the_official_plugin(random: Plugin) -> None:
    checked = random.check(PASSWORD, {"length": "12", "special": "false", "keepers": {"n": 2, "flag": True}})
    assert checked.failures == {}
    assert checked.inputs == {"length": 12, "special": False, "keepers": {"n": "2", "flag": "true"}}


def test_a_preview_knows_no_password(random: Plugin) -> None:
    outputs = random.preview(PASSWORD, {"length": 12})
    assert (outputs["result"], outputs["bcryptHash"], outputs["id"]) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert outputs["length"] == 12


def test_every_change_makes_a_new_one(random: Plugin) -> None:
    state = random.create(PASSWORD, {"length": 8, "keepers": {"generation": "1"}})
    same = random.diff(state, {"length": 8, "keepers": {"generation": "1"}})
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    rotated = random.diff(state, {"length": 8, "keepers": {"generation": "2"}})
    assert list(rotated.replaces) == ["keepers"]
    assert rotated.detailedDiff["keepers.generation"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert not rotated.deleteBeforeReplace
    longer = random.diff(state, {"length": 9, "keepers": {"generation": "1"}, "special": False})
    assert list(longer.replaces) == ["length", "special"]


def test_a_keeper_that_is_not_known_yet_is_a_change(random: Plugin) -> None:
    state = random.create(PASSWORD, {"length": 8, "keepers": {"arn": "a"}})
    assert list(random.diff(state, {"length": 8, "keepers": {"arn": UNKNOWN}}).replaces) == ["keepers"]


def test_a_refresh_keeps_the_password(random: Plugin) -> None:
    state = random.create(PASSWORD, {"length": 8})
    read = random.read(state)
    assert read is not None
    assert (read.outputs, read.inputs, read.id) == (state.outputs, state.inputs, "none")
    random.delete(state)


def test_a_password_cannot_be_looked_up(random: Plugin) -> None:
    with pytest.raises(PluginError, match="lives in a stack's state alone"):
        random.read(State(random, PASSWORD, {}, "none", {}))


def test_an_id_in_four_notations(random: Plugin) -> None:
    state = random.create(ID, {"byteLength": 5, "prefix": "final-"})
    raw = base64.urlsafe_b64decode(state.id + "=" * (-len(state.id) % 4))
    assert len(raw) == 5
    assert state.outputs["hex"] == "final-" + raw.hex()
    assert state.outputs["dec"] == f"final-{int(raw.hex(), 16)}"
    assert state.outputs["b64Url"] == "final-" + state.id
    assert state.outputs["b64Std"] == "final-" + base64.b64encode(raw).decode()
    assert random.diff(state, {"byteLength": 5, "prefix": "final-"}).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert list(random.diff(state, {"byteLength": 5}).replaces) == ["prefix"]


def test_an_id_can_be_imported(random: Plugin) -> None:
    made = random.create(ID, {"byteLength": 5})
    imported = random.read(State(random, ID, {}, f"p,{made.id}", {}))
    assert imported is not None
    assert imported.outputs["hex"] == f"p{made.outputs['hex']}"
    assert imported.inputs == {"byteLength": 5, "prefix": "p"}
    with pytest.raises(PluginError, match="not URL-safe base 64"):
        random.read(State(random, ID, {}, "a", {}))
