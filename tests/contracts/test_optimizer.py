"""A user-defined optimizer that looks at parameters as a whole."""

import numpy as np
import pytest

from tests.helpers.training import small_config, train
from trainer.models import Parameter, ParameterStore
from trainer.models.initializers import Zeros
from trainer.training.optimizers import Groups, Optimizer

PACKAGE = __name__.partition(".")[0]


class LARS(Optimizer):
    """Each parameter moves by a share of its own norm (You et al. 2017).

    Args:
        lr, weight_decay, groups: As of every optimizer.
        momentum: Of the moves.
        trust: The share.
    """

    slots = ("velocity",)

    def __init__(
        self,
        lr: float = 1.0,
        momentum: float = 0.9,
        trust: float = 0.01,
        weight_decay: float = 0.0,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(lr, weight_decay, groups)
        self.momentum, self.trust = momentum, trust

    def _update_part(self, parameters, gradients, slots, lr, step, segments):
        (velocity,) = slots
        for _, _, place in segments:
            p, v = parameters[place], velocity[place]
            g = gradients[place] + self.weight_decay * p
            norm, slope = np.linalg.norm(p), np.linalg.norm(g)
            v *= self.momentum
            v += (lr * self.trust * norm / slope if norm and slope else lr) * g
            p -= v


@pytest.fixture
def store():
    """Two parameters with values and gradients, and a gap between them in the flat arrays."""
    store = ParameterStore({"a.weight": Parameter((3, 5), Zeros()), "a.bias": Parameter((3,), Zeros())}, "float64")
    rng = np.random.default_rng(0)
    for name in ("a.weight", "a.bias"):
        store[name][...] = rng.normal(size=store[name].shape)
        store.gradient(name)[...] = rng.normal(size=store[name].shape)
    return store


def step(rule, store):
    before = {name: store[name].copy() for name in ("a.weight", "a.bias")}
    state = rule.create_state(store.data.size, store.dtype)
    rule.update(store.data, store.gradients, state, rule.lr, 1, store.segments())
    return {name: store[name] - before[name] for name in before}, before


def test_every_parameter_moves_by_a_share_of_its_norm(store):
    moves, before = step(LARS(trust=0.1), store)
    for name, move in moves.items():
        assert np.linalg.norm(move) == pytest.approx(0.1 * np.linalg.norm(before[name]))
        gradient = store.gradient(name)
        np.testing.assert_allclose(move / np.linalg.norm(move), -gradient / np.linalg.norm(gradient))


def test_a_group_has_options_of_its_own(store):
    moves, before = step(LARS(trust=0.1, groups={"*.bias": {"lr_factor": 0.5}}), store)
    shares = {name: np.linalg.norm(move) / np.linalg.norm(before[name]) for name, move in moves.items()}
    assert shares == pytest.approx({"a.weight": 0.1, "a.bias": 0.05})


def test_it_trains(tmp_path):
    rule = {"_target_": f"{__name__}.LARS", "trust": 0.02, "groups": {"*.bias": {"weight_decay": 0.0}}}
    result = train(small_config(f"allow=[{PACKAGE}]", optimizer=rule), tmp_path / "run")
    assert result["test"]["accuracy"] > 0.8
