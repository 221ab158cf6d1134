"""What the pages name is there, under that name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.program.stacks import PROJECT, schema
from tests.unit.docs.pages import DOCS, PAGES, ROOT, code, scripts, spans, table

_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)
_CAMEL: Final = re.compile(r"[a-z]+(?:[A-Z][a-z]*)+")
_TYPES: Final = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def _name(page: Path) -> str:
    return page.name


def _source(*folders: str) -> str:
    return "\n".join(path.read_text() for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


def _outputs() -> set[str]:
    """Names of stack outputs, and of what stands in the one called rotation."""
    exports = re.findall(r'pulumi\.export\("(\w+)"', (ROOT / "__main__.py").read_text())
    facts = re.findall(r'^ +"(\w+)":', (ROOT / "components/auth_token/facts.py").read_text(), re.MULTILINE)
    assert "primaryEndpoint" in exports
    assert "currentToken" in facts
    return {*exports, *facts}


def test_make_targets_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [*(text for page in DOCS for text in code(page)), *(script for _, script in scripts())]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    named = {word for line in lines if (made := re.match(r"make((?: [a-z-]+)+)", line)) for word in made[1].split()}
    assert {"lint", "test", "up"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_configuration_keys_are_in_the_schema(page: Path) -> None:
    text = page.read_text()
    set_by_hand = re.findall(rf"pulumi config set (?:--path |--secret )*'?(?:{PROJECT}:)?([a-z]\w*)\b(?!:)", text)
    in_stack_files = re.findall(rf"{PROJECT}:(\w+)", text)
    assert {*set_by_hand, *in_stack_files} <= set(schema())


@pytest.mark.parametrize("page", [ROOT / "docs/aws.md", ROOT / "docs/pipeline.md"], ids=_name)
def test_camel_case_is_a_key_or_an_output(page: Path) -> None:
    """On these pages nothing else is written so."""
    named = {name for span in spans(page) if (name := span.partition(":")[0]) and _CAMEL.fullmatch(name)}
    assert len(named) > 3
    assert named <= {*schema(), *_outputs()}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_values_are_of_the_keys_type(page: Path) -> None:
    told = [match.groups() for span in spans(page) if (match := re.fullmatch(r"(\w+): (\S+)", span))]
    for key, value in told:
        if key in schema():
            assert isinstance(yaml.safe_load(value), _TYPES[schema()[key]["type"]]), f"{key}: {value}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        if path.startswith("https:"):
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), link
        if anchor:
            headings = {_anchor(heading) for heading in _HEADING.findall(there.read_text())}
            assert anchor in headings, link


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_a_failed_run_says_what_the_page_says_it_says() -> None:
    """Where the page has dots, the program puts a name in."""
    source = _source("components/auth_token").replace("(rotationDeadline) ", "")
    messages = [
        span for row in table(ROOT / "docs/pipeline.md", "it says") for span in re.findall(r"`([^`]+)`", row[0])
    ]
    assert len(messages) > 8
    for message in messages:
        for piece in filter(None, (piece.strip() for piece in message.split("..."))):
            assert piece in source or piece in _without_values(source), message


def _without_values(source: str) -> str:
    """The source with its `{...}` taken out of texts, and texts that are broken over lines in one piece."""
    joined = re.sub(r'"\s*\n\s*f?"', "", source)
    return re.sub(r"\{[^{}]*\}", "", joined).replace("  ", " ")


def test_resource_names_in_the_commands_are_the_programs() -> None:
    from components.rules import naming

    text = (ROOT / "docs/aws.md").read_text()
    assert naming.group_id("orders") == "orders-cache"
    assert set(re.findall(r"--replication-group-id (\S+)", text)) == {"orders-cache"}
    assert set(re.findall(r"ReplicationGroupId=='([^']+)'", text)) == {"orders-cache"}
