"""docs/rotation.md tells what the machine does."""

from __future__ import annotations

import re
from typing import Final

from components.auth_token.driver import rotate
from components.auth_token.rules import Token
from components.auth_token.seen import Answer
from tests.trials.model.run import on_the_fake_port
from tests.unit.auth_token.fake_group import FakeSecret
from tests.unit.auth_token.goals import A, B, goal, held
from tests.unit.docs.pages import ROOT, table
from tests.unit.docs.rotation_diagram import LOOK, arrows, drawn, recorded

PAGE: Final = ROOT / "docs" / "rotation.md"
_LETTERS: Final[dict[Token | None, str]] = {A: "A", B: "B", None: "-"}


def test_the_diagram_is_drawn_from_the_machine() -> None:
    found = re.search(r"```mermaid\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1] == drawn(arrows()), "print it with: venv/bin/python -m tests.unit.docs.rotation_diagram"


def test_the_diagram_lacks_nothing_that_happens() -> None:
    happened = set[tuple[str, str]]()
    with recorded(happened):
        on_the_fake_port(100, always_the_same=True)
    assert len(happened) > 15
    assert {(a, b) for a, b in happened if b != LOOK} <= arrows()


def test_what_the_table_says_of_each_moment_holds() -> None:
    moments = {
        "before stage": "before",
        "before ROTATE": "stage",
        "before publish": "ROTATE",
        "before SET": "publish, overlap",
        "before retire": "SET",
        "the end": "retire",
    }
    seen: list[list[str]] = []
    secret = FakeSecret(current=A)
    group = held(secret=secret)

    def note(where: str) -> None:
        if where in moments:
            accepted = ", ".join(_LETTERS[t] for t in (A, B) if group.answer("n1", t) is Answer.ACCEPTED)
            previous = _LETTERS[secret.previous] + (", RETIRED" if secret.retired else "")
            labels = [_LETTERS[secret.current], _LETTERS[secret.pending], previous]
            seen.append([moments[where], accepted, *labels])

    group.on_boundary = note
    rotate(goal(B, overlap=60), group)
    note("the end")
    told = [[cell.replace("`", "") for cell in row[:5]] for row in table(PAGE, "after")]
    assert told == seen
