"""A whole step: what it allocates, in which precision it computes, accumulated and clipped gradients."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import LAYERS, At, last, small_config, train
from trainer import CONFIGS
from trainer.engine.setup import Setup
from trainer.engine.shard import Shard
from trainer.engine.tally import Tally
from trainer.models import Conv2d
from trainer.training.optimizers import Optimizer

BATCH = 64
LARGEST_ALLOCATION = 16 << 10  # bytes, of which views and casting take up to 15000; hidden activations begin at 12800
OTHER_DATA = {"shallow_cnn", "char_mlp", "table_mlp"}  # what these are for
MODELS = {path.stem for path in (CONFIGS / "model").glob("*.yaml")} - OTHER_DATA - {"resnet20"}  # a longer resnet8
LARGE = {"resnet8", "vgg_small"}
every_model = pytest.mark.parametrize(
    "model", [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in sorted(MODELS)]
)


def shard(model: str, *overrides: str) -> Shard:
    """After three steps."""
    options = (f"batch_size={BATCH}", "limit.train=256", "parallel.workers=1", *overrides)
    setup = Setup(composed(f"model={model}", *options))
    made = setup.shard(setup.parameters(), setup.splits())
    for step in range(3):
        made.train(np.arange(BATCH), 0.001, step + 1)
    return made


def arrays(value: object) -> Iterator[np.ndarray]:
    """The arrays in a value: itself, or inside the collections it is made of."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from arrays(each)


@every_model
def test_a_step_allocates_no_large_array(model):
    warm = shard(model)
    indices = np.arange(BATCH)
    size = np.setbufsize(512)  # elements of the buffer in which NumPy casts, which is not ours to avoid
    tracemalloc.start()
    try:
        warm.train(indices, 0.001, 4)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        warm.train(indices, 0.001, 5)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        np.setbufsize(size)
    assert peak - before < LARGEST_ALLOCATION
    assert after - before < 1024


@every_model
def test_a_float32_step_knows_no_float64(model):
    warm = shard(model, "precision=float32")
    space = warm.workspace
    contexts = [*space.contexts(BATCH), space.loss_context(BATCH)]
    contexts += [part for context in contexts for part in context.parts.values()]
    kept = [*map(vars, (space.buffers, space.scratch, space.gradients)), [vars(context) for context in contexts]]
    kept += [vars(warm.parameters), warm.state, [context.inputs for context in contexts]]
    kinds = {array.dtype for array in arrays(kept)}
    assert np.dtype(np.float32) in kinds
    assert {kind for kind in kinds if kind.kind == "f"} == {np.dtype(np.float32)}


@pytest.mark.process
def test_accumulated_gradients_equal_those_of_one_batch(tmp_path):
    """In float64 and without what depends on the batch: BatchNorm and Dropout."""
    layers = {"flatten": {"_target_": "models.Flatten"}, "head": {"_target_": "models.Linear", "out_features": 10}}
    runs = [(300, 1, 1), (100, 3, 1), (100, 3, 2), (50, 6, 1)]
    weights = []
    for number, (batch_size, accumulate, workers) in enumerate(runs):
        sizes = (f"batch_size={batch_size}", f"accumulate={accumulate}", f"parallel.workers={workers}")
        config = small_config(*sizes, "precision=float64", "optimizer=sgd")
        train(config | {"model": {"layers": layers}}, tmp_path / str(number))
        weights.append(last(tmp_path / str(number)))
    assert len({saved.metadata["step"] for saved in weights}) == 1
    for saved in weights[1:]:
        expected = weights[0].tensors["head.weight"]
        np.testing.assert_allclose(saved.tensors["head.weight"], expected, rtol=0, atol=1e-12)


@pytest.mark.process
@pytest.mark.parametrize("workers", [1, 2])
def test_clipping(tmp_path, workers):
    """With plain SGD at rate 1 a step is as long as the gradient: clipped, exactly clip_norm."""
    options = ("schedule=constant", "clip_norm=0.01", "epochs=1", "precision=float64")
    config = small_config(*options, f"parallel.workers={workers}")
    config["optimizer"] = {"_target_": "trainer.optimizers.SGD", "lr": 1.0}
    states = []
    train(config, tmp_path / "run", *(At(step, lambda run: states.append(run.snapshot())) for step in (1, 2)))
    names = [name for name in states[0].parameters if "running" not in name]
    moved = sum(np.sum((states[1].tensors[name] - states[0].tensors[name]) ** 2) for name in names) ** 0.5
    assert moved == pytest.approx(0.01, rel=1e-9)


def test_a_norm_that_is_never_reached_changes_nothing(tmp_path):
    train(small_config(), tmp_path / "one")
    train(small_config("clip_norm=1e9"), tmp_path / "other")
    one, other = (last(tmp_path / name) for name in ("one", "other"))
    for name, array in one.tensors.items():
        assert np.array_equal(array, other.tensors[name])


class Normalized(Optimizer):
    """Each parameter moves by the learning rate along its gradient (as in LARS): a rule of whole parameters."""

    def _update_part(self, parameters, gradients, slots, lr, step, segments):
        for segment in segments:
            g = gradients[segment.slice].reshape(segment.shape)
            parameters[segment.slice] -= lr * (g / np.linalg.norm(g)).ravel()


@pytest.mark.process
def test_workers_cut_no_parameter_of_a_rule_of_whole_parameters(tmp_path):
    rule = {"_target_": f"{__name__}.Normalized", "lr": 0.01, "groups": {"*.bias": {"lr_factor": 0.1}}}
    layers = {name: LAYERS[name] for name in ("flatten", "fc1", "act1", "head")}
    found = []
    for workers in (1, 3):
        options = (f"parallel.workers={workers}", "precision=float64", "epochs=1", "allow=[tests]")
        train(small_config(*options, optimizer=rule, model={"layers": layers}), tmp_path / str(workers))
        found.append(last(tmp_path / str(workers)).tensors)
    for tensors in found[1:]:
        for name, array in found[0].items():
            np.testing.assert_allclose(tensors[name], array, rtol=0, atol=1e-10)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
def test_frozen_parameters_keep_their_bits_and_count_for_no_norm(tmp_path, workers):
    """Clipped, a step of plain SGD at rate 1 is as long as clip_norm, over the parameters that learn."""
    options = ("schedule=constant", "clip_norm=0.01", "epochs=1", f"parallel.workers={workers}", "precision=float64")
    rule = {"_target_": "trainer.optimizers.SGD", "lr": 1.0, "groups": {"fc1.*": {"lr_factor": 0}}}
    states = []
    config = small_config(*options, optimizer=rule)
    train(config, tmp_path / "run", *(At(step, lambda run: states.append(run.snapshot())) for step in (1, 2)))
    before, after = (state.tensors for state in states)
    initial = Setup(config).parameters()
    for name in ("fc1.weight", "fc1.bias"):
        assert after[name].tobytes() == initial[name].tobytes()
    learned = [name for name in states[0].parameters if "running" not in name]
    moved = sum(np.sum((after[name] - before[name]) ** 2) for name in learned) ** 0.5
    assert moved == pytest.approx(0.01, rel=1e-9)


@pytest.mark.parametrize(
    ("options", "output", "gradient"),
    [
        ((), "the output of conv1 + norm1 + act1 + pool1", "the gradient of conv1"),
        (("fuse=false",), "the output of norm1", "the gradient of conv1"),
    ],
)
def test_what_is_not_finite_is_named_by_its_layers(monkeypatch, options, output, gradient):
    made = shard("lenet5", *options)
    before = made.parameters["norm1.bias"].copy()
    made.parameters["norm1.bias"][0] = np.nan
    assert made.train(np.arange(BATCH), 0.001, 4).fault == output
    made.parameters["norm1.bias"][...] = before
    gradients = Conv2d.gradients

    def spoilt(self, ctx, weight, dz):
        dx = gradients(self, ctx, weight, dz)
        if ctx.name == "conv1":
            ctx.grads.weight[0] = np.inf
        return dx

    monkeypatch.setattr(Conv2d, "gradients", spoilt)
    assert made.train(np.arange(BATCH), 0.001, 5).fault == gradient


def test_sums_of_any_type_become_double_precision(monkeypatch):
    """A user-defined loss or problem may count in NumPy's types."""
    made, total = shard("two_layer"), Tally()
    measures = made.problem.measures

    def odd(outputs, targets):
        return {name: np.float32(value) for name, value in measures(outputs, targets).items()}

    monkeypatch.setattr(made.problem, "measures", odd)
    total.add(made.evaluate("validation", np.arange(10)))
    assert {name: type(value) for name, value in total.sums.items()} == {"loss": float, "correct": float}
