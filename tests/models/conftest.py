"""Every test of graphs runs twice: in plain memory, and in memory that is NaN wherever it is dead.

One that has nothing to do with memory says in which: ``pytest.mark.parametrize("poison", "0", indirect=True)``.
"""

import pytest


@pytest.fixture(scope="module", autouse=True, params=["0", "1"], ids=["plain", "poisoned"])
def poison(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_POISON", request.param)
        yield
