"""Every test of layers and graphs runs twice: in plain memory, and in memory that is NaN wherever it is dead."""

import pytest


@pytest.fixture(scope="module", autouse=True, params=["0", "1"], ids=["plain", "poisoned"])
def poison(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_POISON", request.param)
        yield
