"""These tests run once: it has no workspace whose memory could be dead."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def poison():
    """Instead of that of the folder above."""
