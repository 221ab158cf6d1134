"""docs/adopting.md, typed in from its top to its end."""

from tests.checkout import ROOT
from tests.end_to_end.conftest import Clone
from tests.end_to_end.console import typed_in


def test_the_page_is_true(clone: Clone) -> None:
    clone.local("up")
    typed_in(ROOT / "docs" / "adopting.md", clone)
