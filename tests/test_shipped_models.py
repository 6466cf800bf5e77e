"""Every shipped network over ten steps. At full size: ``python -m tests.random_networks --shipped``."""

from functools import cache

import pytest

from tests.random_networks.case import Case
from tests.random_networks.check import ORACLES, compare, expected
from tests.random_networks.record import Record
from tests.random_networks.search import use_one_thread
from tests.random_networks.shipped import NAMES, shipped, ways

BATCHES = (12, 8, 12, 1, 8, 12, 3, 12, 8, 12)
SMALL = (6, 4, 6, 1)
LAST_OF_MNIST = (48, 64, 48)  # 54,000 training images are 843 batches of 64 and one of 48


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


@pytest.mark.parametrize("way", range(4), ids=["1", "1-fused", "2", "2-fused"])
@pytest.mark.parametrize("name", NAMES)
def test_ten_steps(name, way):
    assert_equal(name, BATCHES, way)


@pytest.mark.parametrize("way", [0, 3], ids=["1", "2-fused"])
@pytest.mark.parametrize("name", NAMES)
def test_in_poisoned_memory(name, way, monkeypatch):
    monkeypatch.setenv("TRAINER_POISON", "1")
    assert_equal(name, SMALL, way)


@pytest.mark.parametrize(("name", "way"), [("resnet8", 1), ("vgg_small", 3)])
def test_the_last_batch_of_mnist(name, way):
    """What Winograd's kernel kept for 48 images, it took for that of 64."""
    assert_equal(name, LAST_OF_MNIST, way)
