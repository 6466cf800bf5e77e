"""Autograd has no memory of its own to poison."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def poison():
    return
