"""How Hypothesis runs here: as long as a loaded machine needs, and with the same examples in every run.

`EXPLORE=1000 make test` looks for others, and at so many of them in each test.
"""

import os

from hypothesis import HealthCheck, settings

_EXPLORE = int(os.environ.get("EXPLORE", "0"))

settings.register_profile(
    "here",
    deadline=None,
    derandomize=not _EXPLORE,
    max_examples=_EXPLORE or settings.default.max_examples,  # type: ignore[union-attr]  # there is always a default
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("here")
