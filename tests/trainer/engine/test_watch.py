"""What a watched step shows, for any number of workers, and that looking changes nothing."""

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import LAYERS, assert_same_run, small_config, train
from trainer.engine.setup import Setup
from trainer.engine.watch import Watch, Watched
from trainer.ground.values import ConfigError
from trainer.training.callbacks import Callback

EVERYTHING = Watch(outputs=("*",), gradients=("*",), parameters=("*",))
PLAIN = {name: LAYERS[name] for name in ("flatten", "fc1", "act1", "head")}
SIZES = ("precision=float64", "epochs=1", "schedule=constant")


class Look(Callback):
    """Keeps what it sees of the chosen steps, which count from 1."""

    def __init__(self, watch: Watch = EVERYTHING, steps: tuple[int, ...] = (1,)) -> None:
        self.wanted, self.steps, self.seen = watch, steps, []

    def watch(self, run):
        return self.wanted if run.step + 1 in self.steps else None

    def on_watched(self, run, watched):
        assert run.step in self.steps
        self.seen.append(watched)


def seen(directory, *overrides, watch=EVERYTHING) -> Watched:
    """What the first step of a run shows, with one worker unless more are asked for."""
    look = Look(watch)
    config = small_config(*SIZES, "parallel.workers=1", *overrides, model={"layers": PLAIN})
    train(config, directory, look)
    (found,) = look.seen
    return found


@pytest.mark.parametrize("fuse", ["true", "false"])
def test_outputs_and_gradients_are_those_of_the_network(tmp_path, fuse):
    found = seen(tmp_path / "run", f"fuse={fuse}")
    y, dy = found.outputs["head"], found.gradients["head"]
    assert {array.shape for array in (y, dy)} == {(300, 10)}
    softmax = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    difference = (softmax - 300 * dy).round(9)  # (softmax - target) / N
    assert {*difference.ravel()} == {0.0, 1.0}
    np.testing.assert_array_equal(difference.sum(axis=1), 1)

    h, dh, weight = found.outputs["act1"], found.gradients["act1"], found.parameters["head.weight"]
    np.testing.assert_allclose(weight, dy.T @ h, atol=1e-12)
    np.testing.assert_allclose(found.parameters["head.bias"], dy.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.parameters["fc1.bias"], (dh * (h > 0)).sum(axis=0), atol=1e-12)
    assert ("fc1" in found.outputs) is (fuse == "false")
    assert "flatten" not in found.gradients  # nothing before it learns
    assert found.outputs["flatten"].shape == (300, 64)


@pytest.mark.process
def test_workers_sum_gradients_of_parameters_and_show_the_first_shard(tmp_path):
    one, many = (seen(tmp_path / str(number), f"parallel.workers={number}") for number in (1, 3))
    assert one.parameters.keys() == many.parameters.keys()
    for name, gradient in one.parameters.items():
        np.testing.assert_allclose(many.parameters[name], gradient, rtol=0, atol=1e-12)
    for name in ("act1", "head"):
        size = len(many.outputs[name])
        assert size == 100
        np.testing.assert_allclose(many.outputs[name], one.outputs[name][:size], rtol=0, atol=1e-12)
        np.testing.assert_allclose(many.gradients[name], one.gradients[name][:size], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        "batch_size=100 accumulate=3",
        pytest.param("batch_size=100 accumulate=3 parallel.workers=2", marks=pytest.mark.process),
    ],
)
def test_accumulated_gradients_are_those_of_the_step(tmp_path, options):
    whole, parts = seen(tmp_path / "whole"), seen(tmp_path / "parts", "clip_norm=1e-6", *options.split())
    for name, gradient in whole.parameters.items():
        np.testing.assert_allclose(parts.parameters[name], gradient, rtol=0, atol=1e-12)


def test_each_sees_what_it_asked_for(tmp_path):
    first, second = Look(Watch(outputs=("act1", "head")), steps=(2, 4)), Look(Watch(parameters=("fc1.*",)), steps=(4,))
    train(small_config(*SIZES, model={"layers": PLAIN}), tmp_path / "run", first, second)
    assert [[*watched.outputs, *watched.gradients, *watched.parameters] for watched in first.seen + second.seen] == [
        ["act1", "head"],
        ["act1", "head"],
        ["fc1.weight", "fc1.bias"],
    ]
    assert not np.array_equal(first.seen[0].outputs["head"], first.seen[1].outputs["head"])


@pytest.mark.parametrize(
    "options",
    ["", pytest.param("parallel.workers=2 fuse=false", marks=pytest.mark.process), "batch_size=100 accumulate=3"],
)
def test_looking_changes_no_bit(tmp_path, options):
    config = small_config("epochs=2", *options.split())
    train(config, tmp_path / "alone")
    train(config, tmp_path / "watched", Look(steps=range(1, 11)))
    assert_same_run(tmp_path / "alone", tmp_path / "watched")


@pytest.mark.parametrize(
    ("watch", "message"),
    [
        (Watch(outputs=("fc1",)), "Look: 'fc1' is computed inside fc1 + act1; watch 'act1', or set fuse=false"),
        (Watch(gradients=("hed",)), "Look: 'hed' matches no node; the nearest is 'head'"),
        (Watch(parameters=("fc1.wight",)), "Look: 'fc1.wight' matches no parameter; the nearest is 'fc1.weight'"),
    ],
)
def test_what_cannot_be_seen_is_said(tmp_path, watch, message):
    with pytest.raises(ConfigError) as caught:
        seen(tmp_path / "run", watch=watch)
    assert str(caught.value) == message


def test_one_pattern_may_stand_alone():
    assert Watch(outputs="act*") == Watch(outputs=["act*"]) == Watch(("act*",))


@pytest.mark.parametrize("model", ["lenet5", "resnet8", "vgg_small"])
def test_of_a_hidden_layer_the_end_of_its_chain_is_named(model):
    setup = Setup(composed(f"model={model}"))
    visible = {node.name for node in setup.network.nodes}
    hidden = [node.name for node in setup.graph.nodes if node.name not in visible]
    assert hidden
    for name in hidden:
        with pytest.raises(ValueError, match=rf"'{name}' is computed inside .*\b{name}\b.*; watch") as caught:
            Watch(outputs=(name,)).resolved(setup.graph, setup.network)
        assert str(caught.value).split("'")[3] in visible
