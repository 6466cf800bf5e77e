"""Networks that are loaded and used."""

import pickle
import threading

import numpy as np
import pytest

from tests.helpers import tables
from tests.helpers.runs import TINY, composed, make_run, reference, write_checkpoint
from tests.helpers.threads import at_once
from trainer import datasets, load, models
from trainer.ground.values import ConfigError
from trainer.runs.checkpoint import CheckpointError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (5, 1, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"), *TINY)


def test_load_is_a_function_of_the_package():
    import trainer.runs.network

    assert trainer.load is trainer.runs.network.load
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        trainer.lod  # noqa: B018


def test_predicts_probabilities(run):
    network = load(run)
    scaled = (PIXELS / 255 - network.dataset.mean[0]) / network.dataset.std[0]
    outputs = reference(network, scaled.astype(np.float32))
    powers = np.exp(outputs)
    probabilities = network.predict(PIXELS)
    np.testing.assert_allclose(probabilities, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_array_equal(network.predict_classes(PIXELS), outputs.argmax(axis=1))
    assert network.classes == tuple("0123456789")
    assert network.input_shape == (1, 8, 8)
    assert probabilities.shape == (5, 10)
    assert probabilities.dtype == np.float32


def test_forms_of_inputs_that_mean_the_same(run):
    network = load(run)
    expected = network.predict(PIXELS)
    np.testing.assert_array_equal(network.predict(PIXELS[:, 0]), expected)  # without the only channel
    np.testing.assert_array_equal(network.predict(PIXELS[:, :, ::-1][:, :, ::-1]), expected)  # not contiguous
    for dtype in (np.float16, np.float32, np.float64):
        tolerance = 1e-2 if dtype == np.float16 else 1e-5
        np.testing.assert_allclose(network.predict((PIXELS / 255).astype(dtype)), expected, rtol=tolerance)


def test_any_number_of_examples(run):
    network = load(run)
    many = RNG.integers(0, 256, (2 * network.batch_size + 3, 1, 8, 8), dtype=np.uint8)
    together = network.predict(many)
    apart = np.concatenate([network.predict(many[start : start + 7]) for start in range(0, len(many), 7)])
    np.testing.assert_allclose(together, apart, rtol=1e-5, atol=1e-7)
    assert network.predict(many[:0]).shape == (0, 10)


def test_pixels_as_stored_go_through_the_transforms(tmp_path):
    network = load(make_run(tmp_path, "model=mlp"))
    enlarged = network.dataset.transforms["resize"](PIXELS)
    assert network.input_shape == (1, 28, 28)
    np.testing.assert_array_equal(network.predict(PIXELS), network.predict(enlarged))
    np.testing.assert_array_equal(network.prepare(PIXELS), enlarged)


@pytest.mark.parametrize(
    ("images", "problem"),
    [
        (PIXELS[:, :, :7], r"shape \(5, 1, 7, 8\); the network takes \(N, 1, 8, 8\), or the file of a picture"),
        (PIXELS[0, 0], "shape"),
        (PIXELS.astype(np.int64), "int64; give pixels 0..255 as uint8, or floats"),
        (PIXELS.astype(complex), "complex128"),
        (np.full((1, 1, 8, 8), np.nan), "not finite"),
        (np.full((1, 1, 8, 8), 1e300), "not finite"),
        ([["a"]], "type"),
        (None, "type object"),
    ],
)
def test_inputs_that_do_not_fit(run, images, problem):
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=problem):
        load(run).predict(images)


def test_regression_gives_values(tmp_path):
    network = load(make_run(tmp_path, "model=shallow_cnn", "data=random_regression", "loss=mse"))
    values = network.predict(np.zeros((3, *network.input_shape), np.float32))
    assert network.classes == ()
    assert values.shape == (3, *network.graph.output_shape)


def test_a_network_that_ends_in_softmax(tmp_path):
    softmax = "+model.layers.end={_target_: models.Softmax}"
    network = load(make_run(tmp_path, *TINY, softmax, "loss=mse"))
    np.testing.assert_array_equal(network.predict(PIXELS), network.run(PIXELS))


def test_best_is_preferred_to_last(tmp_path):
    make_run(tmp_path, *TINY, name="last")
    assert load(tmp_path).path.name == "last.safetensors"
    make_run(tmp_path, *TINY, name="best")
    assert load(str(tmp_path)).path.name == "best.safetensors"
    assert load(tmp_path / "checkpoints" / "last.safetensors").path.name == "last.safetensors"


def test_a_checkpoint_alone_is_enough(run, tmp_path):
    moved = tmp_path / "somewhere.safetensors"
    moved.write_bytes((run / "checkpoints" / "best.safetensors").read_bytes())
    np.testing.assert_array_equal(load(moved).predict(PIXELS), load(run).predict(PIXELS))


def test_runs_that_are_none(run, tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"has no checkpoints/last.safetensors; give the directory of a run"):
        load(tmp_path)
    make_run(tmp_path / "sweep" / "0", *TINY)
    with pytest.raises(ConfigError, match=r"give one of the runs in it, such as .*sweep.0"):
        load(tmp_path / "sweep")


def test_data_is_not_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINER_DATA", str(tmp_path / "none"))
    network = load(make_run(tmp_path, "model=mlp", "data=fashion_mnist"))
    assert network.classes[9] == "Ankle boot"


def test_float64(tmp_path):
    assert load(make_run(tmp_path, *TINY, "precision=float64")).predict(PIXELS).dtype == np.float64


def test_pickles_and_serves_another_thread(run):
    network = load(run)
    expected, found = network.predict(PIXELS), []
    copy = pickle.loads(pickle.dumps(network))  # as joblib does with a scikit-learn estimator
    thread = threading.Thread(target=lambda: found.append(copy.predict(PIXELS)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[0], expected)


def test_threads_at_once(run):
    network = load(run)
    inputs = RNG.integers(0, 256, (8, 2 * network.batch_size + 3, 1, 8, 8), dtype=np.uint8)
    expected = np.array([network.predict(images) for images in inputs])
    found = at_once(network.predict, inputs, times=5)
    np.testing.assert_allclose(found, np.repeat(expected[:, None], 5, axis=1), rtol=1e-5, atol=1e-7)


def batches(network, images):
    examples = datasets.Examples(images, np.zeros(len(images), np.int64))
    return network.batches(network.dataset.loader(examples), len(images))


def test_an_output_is_its_callers_until_the_next(run):
    network = load(run)
    inputs = RNG.integers(0, 256, (2, 2 * network.batch_size, 1, 8, 8), dtype=np.uint8)
    expected = [network.run(images) for images in inputs]
    pairs = zip(*(batches(network, images) for images in inputs), strict=True)
    for both in pairs:
        for (indices, outputs), wanted in zip(both, expected, strict=True):
            np.testing.assert_array_equal(outputs.T, wanted[indices])


def test_an_output_lives_on_when_nobody_asks_for_the_next(run):
    network = load(run)
    _, outputs = next(batches(network, PIXELS))
    kept = outputs.copy()
    network.predict(PIXELS[::-1])
    np.testing.assert_array_equal(outputs, kept)


def test_workspaces_are_used_again(run, monkeypatch):
    network, made = load(run), []

    def make(*arguments):
        made.append(Workspace(*arguments))
        return made[-1]

    def begun_together(number):
        """Iterations, of which each has begun before one ends."""
        iterations = [batches(network, PIXELS) for _ in range(number)]
        for iteration in iterations:
            next(iteration)
        for iteration in iterations:
            assert not list(iteration)

    Workspace = models.Workspace
    monkeypatch.setattr(models, "Workspace", make)
    for _ in range(3):
        thread = threading.Thread(target=network.predict, args=(PIXELS,))
        thread.start()
        thread.join()
    assert len(made) == 1
    monkeypatch.setattr("trainer.runs.network.MOST_IDLE", 2)
    begun_together(5)
    assert len(made) == 5
    begun_together(5)
    assert len(made) == 8


def test_own_classes_need_to_be_allowed(tmp_path, monkeypatch):
    (tmp_path / "own_layers.py").write_text("from trainer import models\nclass Mine(models.Tanh):\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    config = composed(*TINY)
    config["model"]["layers"]["act1"] = {"_target_": "own_layers.Mine"}
    config["allow"] = ["own_layers"]
    make_run(tmp_path, config=config)
    with pytest.raises(
        ConfigError, match=r"best.safetensors: model.layers.act1._target_: own_layers.Mine: only classes"
    ):
        load(tmp_path)
    assert type(load(tmp_path, allow=["own_layers"]).graph.nodes[1].layer).__name__ == "Mine"


def test_weights_of_another_network(tmp_path):
    config = composed(*TINY)
    network = load(make_run(tmp_path, config=config))
    tensors = {name: network.parameters[name] for name in network.parameters}
    path = tmp_path / "checkpoints" / "best.safetensors"
    wrong = np.zeros((3, 64), np.float32)
    for changed, problem in [
        (tensors | {"fc1.weight": wrong}, r"fc1.weight is \[3, 64\], its configuration needs \[16, 64\]"),
        ({n: a for n, a in tensors.items() if n != "fc1.bias"}, "fc1.bias is missing"),
        (tensors | {"fc9.bias": wrong}, "fc9.bias, which the network does not have"),
        ({name: array.astype(np.float64) for name, array in tensors.items()}, "float64"),
    ]:
        write_checkpoint(path, config, changed)
        with pytest.raises(CheckpointError, match=problem):
            load(tmp_path)


def test_a_table_without_categories_to_embed(tmp_path):
    """Its network has an input, and a layer, of no values."""
    file = tables.write(tmp_path / "houses.csv", tables.without(tables.houses(60), "dear", "place", "kind"))
    network = load(make_run(tmp_path / "run", *tables.TABLE, f"data.file={file}", "data.target=price"))
    assert network.predict(file).shape == (60, 1)
