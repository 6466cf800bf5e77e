"""What all optimizers have in common: elementwise rules on slices, groups of parameters."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from tests.helpers.optimizers import example_rules, problem, run, run_torch
from trainer.ground.values import ConfigError
from trainer.models import Parameter, ParameterStore
from trainer.models.initializers import Normal
from trainer.training.optimizers import SGD, AdamW, Optimizer
from trainer.training.optimizers.optimizer import CHUNK

SHAPES = {"fc1.weight": (7, 5), "fc1.bias": (7,), "norm1.weight": (7,), "norm1.bias": (7,), "head.weight": (3, 7)}
GROUPS = {"*.bias": {"weight_decay": 0.0}, "norm*": {"weight_decay": 0.0, "lr_factor": 0.5}, "head.*": {"lr_factor": 2}}


@example_rules
def test_float32_stays_float32_and_close_to_pytorch(rule, options):
    initial, gradients = problem(CHUNK + 5, 10, np.float32)
    ours, state = run(rule(**options), initial, gradients)
    assert ours.dtype == np.float32
    assert all(slot.dtype == np.float32 for slot in state.values())
    expected = run_torch(rule, {"lr": 0.001} | options, initial, gradients)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


@example_rules
def test_defaults_are_those_of_pytorch(rule, options):
    initial, gradients = problem(7, 3)
    ours, _ = run(rule(**options), initial, gradients)
    np.testing.assert_allclose(ours, run_torch(rule, options, initial, gradients), rtol=1e-12, atol=1e-12)


@example_rules
def test_slices_equal_the_whole_bit_for_bit(rule, options):
    initial, gradients = problem(2 * CHUNK + 77, 3, np.float32)
    whole, whole_state = run(rule(**options), initial, gradients)

    optimizer = rule(**options)
    parameters, state = initial.copy(), optimizer.create_state(initial.size, initial.dtype)
    bounds = [0, 0, 1, 1000, CHUNK + 3, initial.size]  # an empty slice is a worker without work
    for step, gradient in enumerate(gradients, start=1):
        for start, stop in pairwise(bounds):
            part = slice(start, stop)
            slots = {name: slot[part] for name, slot in state.items()}
            optimizer.update(parameters[part], gradient[part], slots, optimizer.lr, step)
    np.testing.assert_array_equal(parameters, whole)
    for name in optimizer.slots:
        np.testing.assert_array_equal(state[name], whole_state[name])


@example_rules
def test_gradients_are_not_changed(rule, options):
    initial, gradients = problem(50, 2)
    before = gradients.copy()
    run(rule(**options), initial, gradients)
    np.testing.assert_array_equal(gradients, before)


@example_rules
def test_a_step_after_the_first_allocates_nothing(rule, options):
    optimizer = rule(**options)
    initial, gradients = problem(3 * CHUNK + 11, 2, np.float32)
    parameters, state = initial.copy(), optimizer.create_state(initial.size, initial.dtype)
    optimizer.update(parameters, gradients[0], state, 0.01, 1)
    tracemalloc.start()
    try:
        optimizer.update(parameters, gradients[1], state, 0.01, 2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4096


@pytest.mark.parametrize(
    ("rule", "options", "message"),
    [
        (SGD, {"groups": {"*.bias": {"decay": 0}}}, r"groups: '\*.bias' has no option 'decay'; choose one of"),
        (AdamW, {"groups": {"*": {"lr_factor": -1}}}, r"groups: '\*': lr_factor: -1 is not in \[0, inf\)"),
    ],
)
def test_groups_out_of_range_are_named(rule, options, message):
    with pytest.raises(ValueError, match=message):
        rule(**options)


class TestGroups:
    @staticmethod
    def store(dtype: str = "float64") -> ParameterStore:
        """Random parameters, as at every call."""
        store = ParameterStore({name: Parameter(shape, Normal(1.0)) for name, shape in SHAPES.items()}, dtype)
        rng = np.random.default_rng(0)
        store.initialize(lambda name: rng)
        return store

    @staticmethod
    def train(optimizer: Optimizer, store: ParameterStore, bounds: list[int]) -> dict[str, np.ndarray]:
        """Ten steps on random gradients, in parts between `bounds`; the state."""
        rng = np.random.default_rng(1)
        state = optimizer.create_state(store.data.size, store.dtype)
        parts = [slice(start, stop) for start, stop in pairwise([*bounds, store.data.size])]
        segments = [store.segments(part) for part in parts]
        for step in range(1, 11):
            for name in store:
                store.gradient(name)[...] = rng.normal(size=SHAPES[name])
            for part, inside in zip(parts, segments, strict=True):
                slots = {name: slot[part] for name, slot in state.items()}
                optimizer.update(store.data[part], store.gradients[part], slots, optimizer.lr, step, inside)
        return state

    @example_rules
    def test_equal_the_groups_of_pytorch(self, rule, options):
        torch = pytest.importorskip("torch")
        ours, optimizer = self.store(), rule(**options, groups=GROUPS)
        leaves = {name: torch.tensor(ours[name].copy(), requires_grad=True) for name in ours}
        groups = {"fc1.bias": {"weight_decay": 0.0}, "head.weight": {"lr": 2 * optimizer.lr}}
        groups |= {name: {"weight_decay": 0.0, "lr": optimizer.lr / 2} for name in ("norm1.weight", "norm1.bias")}
        groups = [{"params": [leaf], **groups.get(name, {})} for name, leaf in leaves.items()]
        theirs, rng = getattr(torch.optim, rule.__name__)(groups, **options), np.random.default_rng(1)
        for _ in range(10):
            for name, leaf in leaves.items():
                leaf.grad = torch.tensor(rng.normal(size=SHAPES[name]))
            theirs.step()
        self.train(optimizer, ours, [0])
        for name, leaf in leaves.items():
            np.testing.assert_allclose(ours[name], leaf.detach().numpy(), rtol=1e-12, atol=1e-12)

    @example_rules
    def test_parts_that_cut_parameters_equal_the_whole_bit_for_bit(self, rule, options):
        whole, parts = self.store("float32"), self.store("float32")
        state = self.train(rule(**options, groups=GROUPS), whole, [0])
        cut = self.train(rule(**options, groups=GROUPS), parts, [0, 0, 16, 50, 64, 96, 96])
        np.testing.assert_array_equal(parts.data, whole.data)
        for name, slot in state.items():
            np.testing.assert_array_equal(cut[name], slot)

    @example_rules
    def test_groups_of_the_same_options_change_no_bit(self, rule, options):
        plain, grouped = self.store("float32"), self.store("float32")
        self.train(rule(**options), plain, [0])
        self.train(rule(**options, groups={"*": {"lr_factor": 1.0}}), grouped, [0])
        np.testing.assert_array_equal(grouped.data, plain.data)

    @example_rules
    def test_frozen_parameters_and_their_slots_stay_as_they_are(self, rule, options):
        initial, store = self.store("float32"), self.store("float32")
        optimizer = rule(**options, groups={"fc1.*": {"lr_factor": 0}})
        state = self.train(optimizer, store, [0])
        for name in store:
            assert (store[name].tobytes() == initial[name].tobytes()) is name.startswith("fc1"), name
        for slot in state.values():
            assert not any(store.views(slot)[name].any() for name in ("fc1.weight", "fc1.bias"))
        assert optimizer.frozen(store.segments()) == [slice(0, 55)]

    def test_later_patterns_replace_options_of_earlier_ones(self):
        (one,) = SGD(groups={"*": {"lr_factor": 0, "weight_decay": 1}, "fc1.*": {"lr_factor": 3}})._runs(
            self.store().segments(slice(0, 55))
        )
        assert one.options == {"lr_factor": 3, "weight_decay": 1}

    def test_a_pattern_that_matches_nothing_is_named_with_the_nearest_parameter(self):
        with pytest.raises(ConfigError, match=r"'fc1.bais' matches no parameter; the nearest is 'fc1.bias'"):
            SGD(groups={"*.weight": {}, "fc1.bais": {}}).check(SHAPES)
        SGD(groups=GROUPS).check(SHAPES)

    def test_groups_without_segments_are_refused(self):
        with pytest.raises(ValueError, match="groups: need the segments"):
            run(SGD(groups=GROUPS), *problem(5, 1))
