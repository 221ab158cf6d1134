"""How Hypothesis runs here: as long as a loaded machine needs, and with the same examples in every run of CI."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "here", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("here")
