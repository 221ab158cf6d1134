"""What a person writes: Pulumi.yaml, stack settings, configuration."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from local.engine.errors import InvalidConfiguration, Unsupported
from local.engine.project import yaml_text
from local.engine.project.keys import full_key, short_key
from local.engine.project.manifest import find_project
from local.engine.project.stack import Stack
from local.engine.project.values import ConfigValue, coerced, get_at, removed_at, set_at
from local.engine.properties import paths
from local.engine.state.passphrase import Passphrase, passphrase_from_environment


def test_keys_have_a_namespace() -> None:
    assert full_key("app", "name") == "app:name"
    assert full_key("app", "aws:region") == "aws:region"
    assert full_key("app", "aws:config:region") == "aws:region"
    assert short_key("app", "app:name") == "name"
    for wrong in ("", "a:", "a:b:c", "a:b:c:d"):
        with pytest.raises(InvalidConfiguration, match="could not parse"):
            full_key("app", wrong)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        (5, "5"),
        (1.0, "1"),
        (True, "true"),
        (None, ""),
        ({"b": [1, "x"], "a": "<&>"}, '{"a":"\\u003c\\u0026\\u003e","b":[1,"x"]}'),
        ({"secure": "sealed"}, "SEALED"),
        ({"deep": {"secure": "sealed"}}, '{"deep":"SEALED"}'),
    ],
)
def test_a_program_gets_texts(raw: Any, text: str) -> None:
    value = ConfigValue(raw)

    assert value.text(str.upper) == text
    assert value.is_secret == ("SEALED" in text)
    assert value.masked == text.replace("SEALED", "[secret]")
    assert value.texts_inside(str.upper) == ["SEALED"] * value.is_secret


@pytest.mark.parametrize(
    ("root", "path", "result"),
    [
        (None, "a", {"a": "v"}),
        ({"a": {"b": 1}}, "a.c", {"a": {"b": 1, "c": "v"}}),
        (None, "[0]", ["v"]),
        ([1], "[1]", [1, "v"]),
        ([1], "[0]", ["v"]),
        ("a text", "a", {"a": "v"}),
        (None, "a[0].b", {"a": [{"b": "v"}]}),
    ],
)
def test_a_value_is_set_inside_an_object(root: Any, path: str, result: Any) -> None:
    assert set_at(root, paths.parse(path), "v") == result
    found = get_at(result, paths.parse(path))
    assert found is not None
    assert found.raw == "v"


@pytest.mark.parametrize(
    ("root", "path", "reason"),
    [
        ({"a": "text"}, "a.b", "a: expected a map"),
        ({"a": 1}, "a[0]", "a: expected an array"),
        ([1], "[2]", r"\[2\]: array index out of range"),
        ([1], "a", "a: key for an array must be an int"),
        ({"a": {"b": 1}}, "a[0]", r"a\[0\]: key for a map must be a string"),
        (None, "secure", "reserved"),
    ],
)
def test_what_cannot_be_set_is_refused(root: Any, path: str, reason: str) -> None:
    with pytest.raises(InvalidConfiguration, match=reason):
        set_at(root, paths.parse(path), "v")


def test_a_value_is_removed_from_an_object() -> None:
    root = {"a": [1, 2], "b": {"c": 3}}

    assert removed_at(root, ("a", 0)) == {"a": [2], "b": {"c": 3}}
    assert removed_at(root, ("b", "c")) == {"a": [1, 2], "b": {}}
    assert removed_at(root, ("nowhere", "c")) == root
    with pytest.raises(InvalidConfiguration, match="reserved"):
        removed_at({"secure": "text", "x": 1}, ("x",))


def test_texts_inside_objects_lose_their_quotes_where_that_changes_nothing() -> None:
    assert [coerced(text) for text in ("true", "12", "-3", "0", "007", "1.5", "x")] == [
        True,
        12,
        -3,
        0,
        "007",
        "1.5",
        "x",
    ]


# ----- Pulumi.yaml


def _project(folder: Path, **manifest: Any) -> Path:
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "app", "runtime": "python", **manifest}))
    return folder


def test_a_project_is_found_from_any_folder_in_it(tmp_path: Path) -> None:
    _project(tmp_path, main="src", runtime={"name": "python", "options": {"virtualenv": "venv", "toolchain": "pip"}})
    inner = tmp_path / "src" / "deeper"
    inner.mkdir(parents=True)

    project = find_project(inner)

    assert (project.root, project.name, project.program) == (tmp_path, "app", tmp_path / "src")
    assert project.python == Path(sys.executable), "the virtual environment is not there yet"
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").touch()
    assert find_project(inner).python == tmp_path / "venv" / "bin" / "python"


def test_without_a_project_nothing_goes(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"no Pulumi.yaml project file found"):
        find_project(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"name": None}, "missing a 'name' attribute"),
        ({"name": 5}, "non-empty string 'name'"),
        ({"runtime": None}, "missing a 'runtime' attribute"),
        ({"config": {"a": {"type": "float"}}}, "must be one of string, integer"),
        ({"config": {"a": {"type": "array"}}}, "does not specify the underlying type"),
        ({"config": {"a": {"type": "integer", "default": "x"}}}, "not of the expected type 'integer'"),
        ({"config": {"a": {"typ": "integer"}}}, "'typ' not allowed"),
        ({"config": {"aws:region": {"type": "string"}}}, "should not define a type"),
        ({"config": {"aws:region": {"default": "x"}}}, "'value' attribute instead of 'default'"),
        ({"config": {"aws:region": {"description": "x"}}}, "must provide an attribute 'value'"),
        ({"config": {"a": {"default": 1, "value": 2}}}, "cannot have both"),
        ({"config": 5}, "expected a mapping"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_file(tmp_path: Path, manifest: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidConfiguration, match=rf"could not validate '.*Pulumi.yaml'.*{reason}"):
        find_project(_project(tmp_path, **manifest))


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"runtime": "nodejs"}, "runtime 'nodejs' needs the real pulumi"),
        ({"runtime": {"name": "python", "options": {"toolchain": "uv"}}}, "toolchain 'uv' needs the real pulumi"),
        ({"plugins": {"analyzers": [{"name": "x", "path": "y"}]}}, "policy packs"),
    ],
)
def test_what_only_the_real_engine_does_is_said_so(tmp_path: Path, manifest: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        find_project(_project(tmp_path, **manifest))


# ----- a stack's configuration


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
    return "a passphrase"


def _stack(folder: Path, settings: str = "", **manifest: Any) -> Stack:
    (folder / "Pulumi.dev.yaml").write_text(settings)
    return Stack(find_project(_project(folder, **manifest)), "dev")


def test_a_stack_has_what_it_sets_and_the_projects_defaults(tmp_path: Path) -> None:
    stack = _stack(
        tmp_path,
        "config:\n  own: 0012\n  aws:region: here\n  app:count: '3'\n",
        config={
            "count": {"type": "integer", "default": 1},
            "names": {"type": "array", "items": {"type": "string"}, "default": ["x"]},
            "aws:region": {"value": "there"},
            "aws:profile": "short",
            "flag": True,
        },
    )

    configuration = stack.configuration()

    assert configuration.texts == {
        "app:own": "10",
        "aws:region": "here",
        "app:count": "3",
        "app:names": '["x"]',
        "aws:profile": "short",
        "app:flag": "true",
    }
    assert not configuration.secret_keys


def test_secrets_are_opened_for_the_program_and_masked_for_people(tmp_path: Path, passphrase: str) -> None:
    seal = Passphrase.create(passphrase)
    stack = _stack(
        tmp_path,
        yaml_text.dump(
            {
                "encryptionsalt": seal.state,
                "config": {"token": {"secure": seal.encrypt("hush")}, "map": {"in": {"secure": seal.encrypt("psst")}}},
            }
        ),
    )

    configuration = stack.configuration()

    assert configuration.texts == {"app:token": "hush", "app:map": '{"in":"psst"}'}
    assert configuration.masked == {"app:token": "[secret]", "app:map": '{"in":"[secret]"}'}
    assert configuration.secret_keys == ["app:map", "app:token"]
    assert sorted(configuration.secrets) == ["hush", "psst"]


@pytest.mark.parametrize(
    ("declared", "settings", "reason"),
    [
        (["one"], "", "Stack 'dev' is missing configuration value 'one'"),
        (["two", "one"], "", "Stack 'dev' is missing configuration values 'one' and 'two'"),
        (["c", "b", "a"], "", "missing configuration values 'a', 'b' and 'c'"),
        (["one"], "config: {app:one: many}", "configuration key 'one' must be of type 'integer'"),
        (["one"], "config: {app:one: [1]}", "configuration key 'one' must be of type 'integer'"),
    ],
)
def test_what_the_schema_refuses(tmp_path: Path, declared: list[str], settings: str, reason: str) -> None:
    stack = _stack(tmp_path, settings, config={key: {"type": "integer"} for key in declared})

    with pytest.raises(InvalidConfiguration, match=f"validating stack config: .*{reason}"):
        stack.configuration()
    assert stack.configuration(validate=False) is not None


@pytest.mark.parametrize(
    ("declared", "good", "bad"),
    [
        ({"type": "string"}, ["text", 5, True], [["x"], {"x": 1}]),
        ({"type": "integer"}, [5, "5", "-5", 5.0], ["x", "1.5", True, [5]]),
        ({"type": "boolean"}, [True, "false"], ["yes", 1, [True]]),
        ({"type": "object"}, [{"a": 1}], ["x", [1]]),
        ({"type": "array", "items": {"type": "string"}}, [["a"], []], ["x", [1], [["a"]]]),
        ({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}, [[[1], ["2"]]], [[1], [["x"]]]),
    ],
)
def test_types(tmp_path: Path, declared: Any, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        _stack(tmp_path, yaml_text.dump({"config": {"x": value}}), config={"x": declared}).configuration()
    for value in bad:
        stack = _stack(tmp_path, yaml_text.dump({"config": {"x": value}}), config={"x": declared})
        with pytest.raises(InvalidConfiguration, match="must be of type"):
            stack.configuration()


def test_a_secret_key_must_be_sealed(tmp_path: Path) -> None:
    stack = _stack(tmp_path, "config: {app:token: clear}", config={"token": {"type": "string", "secret": True}})

    with pytest.raises(InvalidConfiguration, match="must be encrypted as it's secret"):
        stack.configuration()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("secretsprovider: awskms://alias/x", "secrets provider 'awskms://alias/x'"),
        ("environment: [prod]", "Pulumi ESC"),
        ("config: [1]", "'config' must be a mapping"),
        ("config: {a: b: c}", "no valid YAML"),
    ],
)
def test_settings_that_are_wrong_or_not_ours(tmp_path: Path, settings: str, reason: str) -> None:
    with pytest.raises((InvalidConfiguration, Unsupported), match=reason):
        _stack(tmp_path, settings)


def test_stack_names(tmp_path: Path) -> None:
    project = find_project(_project(tmp_path))

    assert Stack(project, "organization/app/dev").full_name == "organization/app/dev"
    for wrong in ("a/b", "organization/other/dev", "über", "", "../dev"):
        with pytest.raises(InvalidConfiguration):
            Stack(project, wrong)


def test_a_passphrase_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    (tmp_path / "phrase").write_text(" from a file \n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    assert passphrase_from_environment() == "from a file"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    assert passphrase_from_environment() == "", "an empty passphrase is one"
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "none"))
    with pytest.raises(InvalidConfiguration, match="unable to read"):
        passphrase_from_environment()


def test_a_seal_is_opened_by_its_own_passphrase_alone() -> None:
    seal = Passphrase.create("right")
    sealed = seal.encrypt("hush")

    assert Passphrase("right", seal.state).decrypt(sealed) == "hush"
    assert sealed != seal.encrypt("hush"), "a nonce of its own each time"
    with pytest.raises(InvalidConfiguration, match="incorrect passphrase"):
        Passphrase("wrong", seal.state)
    with pytest.raises(InvalidConfiguration, match="malformed ciphertext"):
        seal.decrypt("v2:x:y")
    with pytest.raises(InvalidConfiguration, match="malformed encryption salt"):
        Passphrase("right", "v9:x")


def test_a_seal_made_by_pulumi_is_opened() -> None:
    salt = "v1:Th9P+Gt4ais=:v1:W7W3T9BehwXilotH:DLLmAA/IVDYinaL2cDqLfXA4I4Xjog=="  # by pulumi 3.260, passphrase "x"

    assert Passphrase("x", salt).decrypt("v1:D7zPEUCpRDu6oTkg:srpN/IXvnxu47B46CGY7rdM3V9k38Q==") == "abcdef"
