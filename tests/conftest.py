"""Settings shared by all tests."""

from hypothesis import settings

# Machines differ in speed; what a test claims must not.
settings.register_profile("trainer", deadline=None)
settings.load_profile("trainer")
