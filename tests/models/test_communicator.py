"""The contract of communicators, and the one of a single worker."""

import numpy as np
import pytest

from trainer.models.communicator import Alone, Communicator


def test_alone_everything_is_its_own():
    alone, values = Alone(), np.arange(5.0)
    assert (alone.rank, alone.size, alone.part(3)) == (0, 1, slice(0, 3))
    assert alone.sum(values) is alone.total(values) is values
    assert values[alone.reduce(values)].tolist() == [0, 1, 2, 3, 4]
    for verb, arguments in ((alone.before_backward, ()), (alone.publish, (values,)), (alone.publish_kept, (values,))):
        verb(*arguments)
    assert values.tolist() == [0, 1, 2, 3, 4]


def test_no_verb_may_be_missing():
    class Silent(Communicator):
        rank, size = 0, 1

    with pytest.raises(TypeError, match=r"before_backward.*part.*publish.*publish_kept.*reduce.*sum.*total"):
        Silent()
