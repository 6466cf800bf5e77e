"""`--augment`: means over views of an image, against a computation by hand."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.helpers.runs import TINY, composed, make_run
from tests.helpers.training import small_config, train
from trainer import load
from trainer.commands import evaluate, predict
from trainer.datasets import Digits

HEAD = {"flatten": {"_target_": "models.Flatten"}, "head": {"_target_": "models.Linear", "out_features": 4}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A network that has learned something, but not all."""
    folder = tmp_path_factory.mktemp("run")
    train(composed(*TINY, "epochs=3", "callbacks.curves=null"), folder)
    return folder


@pytest.fixture(scope="module")
def test_digits():
    return Digits().read()[1]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def outputs_of(network, *images):
    """The outputs for each array of images, stacked."""
    return np.stack([network.run(network.prepare(each)) for each in images]).astype(np.float64)


def shifted(images):
    """The images, and shifted by one pixel up, down, left and right, mirrored at the border."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    return images, *(padded[:, :, y : y + 8, x : x + 8] for y, x in ((2, 1), (0, 1), (1, 2), (1, 0)))


@pytest.mark.slow
def test_figures_are_those_of_mean_probabilities(run, test_digits, capsys):
    assert evaluate.main([str(run), "--augment", "flip,shift", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    network, images, labels = load(run), test_digits.inputs, test_digits.targets
    five = shifted(images)
    p = softmax(outputs_of(network, *five, *(each[..., ::-1] for each in five)).reshape(-1, 10)).reshape(10, -1, 10)
    mean = p.mean(axis=0)
    assert found["augmented"]["views"] == 10
    assert found["augmented"]["accuracy"] == np.mean(mean.argmax(axis=1) == labels)
    expected = -np.log(mean[np.arange(len(labels)), labels]).mean()
    assert found["augmented"]["loss"] == pytest.approx(expected, rel=1e-5)
    assert found["accuracy"] == np.mean(p[0].argmax(axis=1) == labels)  # the network's beside them
    assert 0.3 < found["accuracy"] != found["augmented"]["accuracy"] < 0.99
    assert found["augmented"].keys() - {"views"} == found["baseline"].keys() - {"name"}


def test_they_stand_side_by_side(run, capsys):
    assert evaluate.main([str(run), "--augment", "shift=2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:6] == ["network", "mean", "of", "5", "views", "always"]
    assert [line.split()[0] for line in lines[2:4]] == ["loss", "accuracy"]
    assert len(lines[2].split()) == 4


@pytest.mark.parametrize("kind", ["labels", "values", "classes by squares"])
def test_of_other_problems(kind, tmp_path):
    """Of values, and where the loss takes the outputs as they are, the mean of these."""
    config = small_config("allow=[tests]")
    if kind == "classes by squares":
        config["loss"] = {"_target_": "models.losses.MeanSquaredError"}
    else:
        data = {"_target_": "tests.helpers.problems.Quarters", "values": kind == "values"}
        config |= {"data": data, "model": {"layers": HEAD}}
    network = load(make_run(tmp_path, config=config), ["tests"])
    found = evaluate.evaluate(network, augment=["flip"])["augmented"]
    test = network.dataset.read()[1]
    z = outputs_of(network, test.inputs, test.inputs[..., ::-1])
    if kind == "labels":
        p, t = (1 / (1 + np.exp(-z))).mean(axis=0), test.targets
        assert found["accuracy"] == np.mean((p > 0.5) == t)
        expected = -np.where(t, np.log(p), np.log(1 - p)).mean()
    else:
        t = np.eye(10)[test.targets] if test.targets.ndim == 1 else test.targets
        expected = np.square(z.mean(axis=0) - t).mean()
    assert found["loss"] == pytest.approx(expected, rel=1e-5)


def test_predictions_are_means_too(run, test_digits, tmp_path, capsys):
    Image.fromarray(test_digits.inputs[5, 0]).save(tmp_path / "digit.png")
    np.save(tmp_path / "digits.npy", test_digits.inputs[:7])
    files = [str(tmp_path / name) for name in ("digit.png", "digits.npy")]
    assert predict.main([str(run), *files, "--augment", "flip", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    network, images = load(run), test_digits.inputs[:7]
    expected = (network.predict(images) + network.predict(images[..., ::-1])) / 2
    np.testing.assert_allclose(network.predict(images, augment=["flip"]), expected, rtol=1e-5)
    for record, row in zip(records, [expected[5], *expected], strict=True):
        np.testing.assert_allclose(list(record["probabilities"].values()), row, rtol=1e-5, atol=1e-7)


def test_what_cannot_be_is_one_line(run, tmp_path, capsys):
    vectors = tmp_path / "vectors"
    make_run(vectors, "model=mlp", "data=moons")
    np.save(tmp_path / "points.npy", np.zeros((1, 2), np.float32))
    for arguments, problem in (
        ([run, "--augment", "flop"], "flop: 'flop' is not a view of an image; give flip or shift, or shift=2 for two"),
        ([run, "--augment", "shift=9"], "shift=9: a shift by 9 pixels leaves nothing of images 8x8; take less"),
        ([vectors, "--augment", "flip"], "flip: the network takes no images; leave it out"),
    ):
        for command, file in ((evaluate, []), (predict, [str(tmp_path / "points.npy")])):
            assert command.main([*map(str, arguments), *file]) == 2
            said = capsys.readouterr().err
            assert said.startswith(f"error: --augment {problem}")
            assert said.count("\n") == 1
