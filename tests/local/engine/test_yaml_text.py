"""YAML as the real engine reads it, and edits that keep what a person wrote."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from local.engine.errors import InvalidConfiguration
from local.engine.project import yaml_text

_SETTINGS = """\
# what this stack is for
encryptionsalt: v1:salt   # keep
config:
  # where
  aws:region: eu-central-1   # Frankfurt
  app:object:
    list: [1, 2]
    map:
      - x

  # last
  app:last: "1"
"""
_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=12)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0012", 10),
        ("089", 89.0),
        ("1e3", 1000.0),
        ("yes", "yes"),
        ("on", "on"),
        ("True", True),
        ("0o14", 12),
        ("0x1F", 31),
        ("1_000", 1000),
        (".5", 0.5),
        ("12:30", "12:30"),
        ("~", None),
        ("1e3.", "1e3."),
        ('"0012"', "0012"),
    ],
)
def test_yaml_is_read_as_the_real_engine_reads_it(written: str, value: Any) -> None:
    assert yaml_text.load(f"key: {written}", "text") == {"key": value}


def test_a_bare_date_is_refused_rather_than_made_a_point_in_time() -> None:
    with pytest.raises(InvalidConfiguration, match=r"Pulumi.x.yaml: line 2: 2024-01-01 .* put it in quotes"):
        yaml_text.load("a: 1\nb: 2024-01-01", "Pulumi.x.yaml")


@given(_TEXTS)
def test_a_text_is_written_so_that_every_reader_takes_it_for_one(text: str) -> None:
    written = yaml_text.dump({"key": text})

    assert yaml_text.load(written, "text") == {"key": text}
    assert yaml.safe_load(written) == {"key": text}


@pytest.mark.parametrize("text", ["yes", "1e3", "0012", "true", "null", "2024-01-01", "12:30:00", "0o17", ""])
def test_texts_that_look_like_something_else_are_quoted(text: str) -> None:
    assert f'"{text}"' in yaml_text.dump({"key": text})


def test_an_edit_leaves_comments_and_order_alone() -> None:
    changed = yaml_text.replaced(_SETTINGS, ("config", "aws:region"), "us-east-1")
    grown = yaml_text.replaced(changed, ("config", "app:new"), {"secure": "v1:x"})
    replaced = yaml_text.replaced(grown, ("config", "app:object"), {"a": [1, {"b": "yes"}]})

    assert changed == _SETTINGS.replace("eu-central-1", "us-east-1")
    assert grown == changed + "  app:new:\n    secure: v1:x\n"
    assert '    a:\n      - 1\n      - b: "yes"\n\n  # last\n' in replaced


def test_a_removal_leaves_the_rest_alone() -> None:
    without = yaml_text.removed(_SETTINGS, ("config", "app:object"))

    assert without == _SETTINGS.replace("  app:object:\n    list: [1, 2]\n    map:\n      - x\n", "")
    assert yaml_text.load(yaml_text.removed("config: {a: 1, b: 2}", ("config", "a")), "t") == {"config": {"b": 2}}


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "config: {}\n", "config:\n  a: 1", "config: {a: 1}\n", "other: 1"]
)
def test_any_file_can_be_edited(text: str) -> None:
    edited = yaml_text.load(yaml_text.replaced(text, ("config", "b"), "2"), "text")

    assert edited["config"]["b"] == "2"
    assert ("1" in text) == ("1" in str(edited).replace("'b': '2'", ""))


@given(st.dictionaries(st.sampled_from("abcde"), st.one_of(_TEXTS, st.lists(_TEXTS, max_size=2))), st.data())
def test_an_edit_does_what_it_says(config: dict[str, Any], data: st.DataObject) -> None:
    text = yaml_text.dump({"encryptionsalt": "v1:x", "config": config})
    key, value = data.draw(st.sampled_from("abcdefg")), data.draw(st.one_of(_TEXTS, st.lists(_TEXTS)))

    assert yaml_text.load(yaml_text.replaced(text, ("config", key), value), "text")["config"] == {**config, key: value}


@pytest.mark.parametrize("space", ["\xa0", "\u2003", "x\u2028", "\x85"])
def test_space_that_is_none_in_yaml_is_a_part_of_its_value(space: str) -> None:
    text = yaml_text.dump({"config": {"a": space, "b": space}})

    assert yaml_text.load(yaml_text.replaced(text, ("config", "a"), "z"), "text")["config"] == {"a": "z", "b": space}
    assert yaml_text.load(yaml_text.replaced(text, ("config", "b"), ["z"]), "text")["config"] == {
        "a": space,
        "b": ["z"],
    }
