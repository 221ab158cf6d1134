"""Property values: on the wire, in the checkpoint, by path, compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine.errors import InvalidConfiguration, Unsupported
from local.engine.properties import paths
from local.engine.properties.changes import Kind, differences
from local.engine.properties.state_form import (
    compact_json,
    properties_from_state,
    properties_to_state,
)
from local.engine.properties.values import (
    ARCHIVE,
    ASSET,
    OUTPUT_VALUE,
    RESOURCE_REFERENCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Properties,
    PropertyValue,
    Secret,
    equal,
    for_people,
    mark_echoed_secrets,
    plain,
    secret_texts,
)
from local.engine.properties.wire import decode_properties, encode_properties

_KEYS = st.text(alphabet="abcXYZ_.-[]\"' é", min_size=1, max_size=6)
_SCALARS = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8))
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3), inner.map(lambda v: Secret(plain(v)))
    ),
    max_leaves=12,
)
_PROPERTIES = st.dictionaries(_KEYS, _VALUES, max_size=4)


class _Rot:
    """A seal that a test can see through, and that is never the same twice."""

    def __init__(self) -> None:
        self.sealed: list[str] = []

    def encrypt(self, plaintext: str) -> str:
        self.sealed.append(plaintext)
        return f"{len(self.sealed)}:{plaintext[::-1]}"

    def decrypt(self, ciphertext: str) -> str:
        return ciphertext.partition(":")[2][::-1]


@given(_PROPERTIES)
def test_what_goes_over_the_wire_comes_back(properties: Properties) -> None:
    assert decode_properties(encode_properties(properties, unknowns=True)) == properties


@given(_PROPERTIES)
def test_what_goes_into_the_checkpoint_comes_back(properties: Properties) -> None:
    seal = _Rot()

    assert properties_from_state(properties_to_state(properties, seal), seal) == properties


@given(_PROPERTIES)
def test_a_secret_that_has_not_changed_keeps_its_ciphertext(properties: Properties) -> None:
    seal = _Rot()
    written = properties_to_state(properties, seal)

    assert properties_to_state(properties_from_state(written, seal), seal) == written


def test_whole_numbers_are_written_as_such() -> None:
    assert properties_to_state({"a": 3.0, "b": 0.5, "c": 1e21}, _Rot()) == {"a": 3, "b": 0.5, "c": 1e21}
    assert compact_json(properties_to_state({"n": 3.0}, _Rot())) == '{"n":3}'


def test_json_is_written_as_go_writes_it() -> None:
    assert compact_json({"b": "<é&>", "a": [1, None]}) == '{"a":[1,null],"b":"\\u003cé\\u0026\\u003e"}'


def test_kinds_of_values_that_only_the_real_engine_knows_are_refused() -> None:
    with pytest.raises(Unsupported, match="8ad145fe"):
        properties_from_state({"x": {SIGNATURE: "8ad145fe-0d11-4827-bfd7-1abcbf086f5c", "value": "7ff8"}}, _Rot())


def test_unknowns_are_left_out_or_kept() -> None:
    properties: Properties = {"a": UNKNOWN, "b": [UNKNOWN, 1.0], "c": {"d": UNKNOWN}, "e": Secret(UNKNOWN)}

    bare = decode_properties(encode_properties(properties, unknowns=False))
    kept = decode_properties(encode_properties(properties, unknowns=True))

    assert bare == {"b": [1.0], "c": {}}
    assert kept == properties
    assert properties_from_state({"a": UNKNOWN_TEXT}, _Rot()) == {"a": UNKNOWN}


def test_secrets_and_references_are_made_simple_for_plugins_that_do_not_know_them() -> None:
    reference: Properties = {SIGNATURE: RESOURCE_REFERENCE, "urn": "urn:x", "id": "id-1"}
    bare = encode_properties(
        {"s": Secret("hush"), "r": reference, "u": {SIGNATURE: RESOURCE_REFERENCE, "urn": "urn:y"}},
        unknowns=True,
        secrets=False,
        resources=False,
    )

    assert decode_properties(bare) == {"s": "hush", "r": "id-1", "u": "urn:y"}


def test_output_values_are_read_as_what_they_stand_for() -> None:
    known: Properties = {SIGNATURE: OUTPUT_VALUE, "value": "v", "secret": True, "dependencies": []}
    message = encode_properties({"known": known, "unknown": {SIGNATURE: OUTPUT_VALUE}}, unknowns=True)

    assert decode_properties(message) == {"known": Secret("v"), "unknown": UNKNOWN}


def test_nested_secrets_are_one_secret() -> None:
    nested: Properties = {SIGNATURE: SECRET, "value": {"in": {SIGNATURE: SECRET, "value": "v"}}}

    assert decode_properties(encode_properties({"s": nested}, unknowns=True)) == {"s": Secret({"in": "v"})}


def test_assets_get_their_hash_and_archives_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    digest = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"

    def decoded(asset: Properties) -> Any:
        return decode_properties(encode_properties({"a": asset}, unknowns=True))["a"]

    assert decoded({SIGNATURE: ASSET, "text": "content"})["hash"] == digest
    assert decoded({SIGNATURE: ASSET, "path": str(tmp_path / "file")})["hash"] == digest
    with pytest.raises(Unsupported, match="remote assets"):
        decoded({SIGNATURE: ASSET, "uri": "https://example.com/file"})
    with pytest.raises(Unsupported, match="archives"):
        decoded({SIGNATURE: ARCHIVE, "path": "."})


def test_what_a_plugin_echoes_of_a_secret_is_secret_again() -> None:
    outputs: Properties = {"token": "t", "list": ["t"], "map": {"in": "t", "other": 1.0}, "new": "n"}

    mark_echoed_secrets(outputs, {"token": Secret("t"), "list": [Secret("t")], "map": {"in": Secret("t")}, "gone": 1.0})

    assert outputs == {
        "token": Secret("t"),
        "list": Secret(["t"]),
        "map": {"in": Secret("t"), "other": 1.0},
        "new": "n",
    }


def test_secret_texts_are_found_wherever_they_are() -> None:
    value: PropertyValue = {"a": "clear", "b": [Secret({"c": "one", "d": [2.0, "two"]})], "e": Secret("three")}

    assert sorted(secret_texts(value)) == ["one", "three", "two"]
    assert for_people(value) == {"a": "clear", "b": ["[secret]"], "e": "[secret]"}
    assert for_people(value, show_secrets=True)["b"] == [{"c": "one", "d": [2, "two"]}]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a[0].b[12]", ("a", 0, "b", 12)),
        ('a["b.c"].d', ("a", "b.c", "d")),
        ('["with \\"quotes\\""]', ('with "quotes"',)),
        ("a[*].b", ("a", "*", "b")),
        ("kebab-case", ("kebab-case",)),
    ],
)
def test_paths_are_read_and_written(text: str, path: paths.Path) -> None:
    assert paths.parse(text) == path
    assert paths.parse(paths.text(path)) == path


@pytest.mark.parametrize("text", [".a", "a[", 'a["b', "a[x]", "a..b"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfiguration, match="no property path"):
        paths.parse(text)


@given(st.lists(st.one_of(_KEYS, st.integers(0, 99)), min_size=1, max_size=4).map(tuple))
def test_any_path_can_be_written_down(path: paths.Path) -> None:
    if "*" not in path:
        assert paths.parse(paths.text(path)) == path


@pytest.mark.parametrize(
    ("ignored", "old", "new", "kept", "possible"),
    [
        ("a", {"a": 1.0}, {"a": 2.0, "b": 3.0}, {"a": 1.0, "b": 3.0}, True),
        ("a", {}, {"a": 2.0}, {}, True),
        ("a", {"a": 1.0}, {}, {"a": 1.0}, True),
        ("a.b", {"a": {"b": 1.0}}, {"a": {"b": 2.0, "c": 3.0}}, {"a": {"b": 1.0, "c": 3.0}}, True),
        ("a.b", {"a": {"b": 1.0}}, {}, {}, False),
        ("a.b", {}, {"a": {"b": 2.0}}, {"a": {}}, True),
        ("a[0]", {"a": [1.0, 2.0]}, {"a": [3.0, 4.0]}, {"a": [1.0, 4.0]}, True),
        ("a[1]", {"a": [1.0, 2.0]}, {"a": [3.0]}, {"a": [3.0]}, False),
        ("a[5]", {"a": [1.0]}, {"a": [3.0]}, {"a": [3.0]}, True),
        ("a[*].b", {"a": [{"b": 1.0}]}, {"a": [{"b": 2.0}]}, {"a": [{"b": 1.0}]}, True),
        ("a[*]", {"a": [1.0]}, {"a": [2.0, 3.0]}, {"a": [1.0, 3.0]}, False),
        ("*", {"a": 1.0}, {"b": 2.0}, {"a": 1.0}, True),
        ("a.b", {"a": Secret({"b": 1.0})}, {"a": {"b": 2.0}}, {"a": {"b": Secret(1.0)}}, True),
        ("a.b", {"a": {"b": 1.0}}, {"a": Secret({"b": 2.0})}, {"a": Secret({"b": 1.0})}, True),
    ],
)
def test_ignored_changes_are_undone(ignored: str, old: Any, new: Any, kept: Any, possible: bool) -> None:
    restored, impossible = paths.restored([ignored], old, new)

    assert restored == kept
    assert impossible == ([] if possible else [ignored])


@given(_PROPERTIES, _PROPERTIES)
def test_what_is_ignored_altogether_does_not_change(old: Properties, new: Properties) -> None:
    restored, _ = paths.restored(["*"], old, new)

    assert restored == old
    assert not differences(old, restored)


@given(_PROPERTIES, _PROPERTIES)
def test_two_are_equal_if_they_do_not_differ(one: Properties, other: Properties) -> None:
    assert equal(one, other) == (not differences(one, other))
    assert [kind.inverted for kind in differences(one, other).values()] == list(differences(other, one).values())


def test_differences_are_told_at_the_finest_path() -> None:
    old: Properties = {"same": 1.0, "null": None, "deep": {"x": [1.0, 2.0], "gone": "g"}, "secret": Secret({"in": 1.0})}
    new: Properties = {"same": 1.0, "deep": {"x": [1.0, 3.0, 4.0], "new": "n"}, "secret": Secret({"in": 2.0})}

    assert {paths.text(path): kind for path, kind in differences(old, new).items()} == {
        "deep.gone": Kind.DELETE,
        "deep.new": Kind.ADD,
        "deep.x[1]": Kind.UPDATE,
        "deep.x[2]": Kind.ADD,
        "secret": Kind.UPDATE,
    }
