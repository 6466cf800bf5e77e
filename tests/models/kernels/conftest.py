"""These tests run once: their memory is the tests' own."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def poison():
    """Instead of that of the folder above."""
