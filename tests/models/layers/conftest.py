"""These tests run once, in memory that is NaN wherever it is dead; test_contract.py does all in plain memory too."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def poison():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_POISON", "1")
        yield
