"""Every shipped network over five steps. Ten of full size: ``python -m tests.random_networks --shipped``."""

from functools import cache

import pytest

from tests.random_networks.case import Case
from tests.random_networks.check import ORACLES, compare, expected
from tests.random_networks.record import Record
from tests.random_networks.search import use_one_thread
from tests.random_networks.shipped import NAMES, shipped, ways

BATCHES = (8, 5, 1, 3, 8)
TWO_SIZES = (48, 64)  # 54,000 training images of MNIST are 843 batches of 64 and one of 48
WAYS = ["1", "1-fused", "2", "2-fused"]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    use_one_thread()


@cache
def by_an_oracle(name: str, batches: tuple[int, ...]) -> tuple[Case, dict[str, list[Record]]]:
    case = shipped(name, batches)
    return case, expected(case, ORACLES[:1])


def assert_equal(name: str, batches: tuple[int, ...], way: int) -> None:
    case, theirs = by_an_oracle(name, batches)
    failure = compare(ways(case)[way], theirs)
    assert failure is None, failure


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_five_steps(name, way, monkeypatch):
    """Two of the ways are done in poisoned memory, so with one worker and with two, fused and not."""
    monkeypatch.setenv("TRAINER_POISON", str(int(way in ("1-fused", "2"))))
    assert_equal(name, BATCHES, WAYS.index(way))


def test_the_last_batch_of_mnist():
    """What Winograd's kernel kept for 48 images, it took for that of 64."""
    assert_equal("resnet8", TWO_SIZES, WAYS.index("1-fused"))
