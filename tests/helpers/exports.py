"""Networks to export, and their comparison with another program's results."""

import numpy as np

from trainer import models
from trainer.datasets import Field, Loader
from trainer.export import export
from trainer.models import GraphBuilder, ParameterStore
from trainer.runs.network import Network


class Data:
    """The part of a data set that a network needs."""

    name, class_names, num_classes, problem, transforms = "data", (), None, None, {}
    target_mean, target_std, pixels = (), (), True

    def __init__(self, shape, dtype="float32"):
        self.shape = self.input_shape = shape
        self.inputs = {"input": Field(shape, dtype)}
        self.mean, self.std = ((0.5,), (0.25,)) if dtype == "float32" else (None, None)

    def loader(self, examples):
        return Loader(examples, self.mean, self.std)


def network(layer, shape, precision="float32", name="layer"):
    """Return a network around one layer; one of several inputs gets differently activated copies of the input.

    One that looks numbers up is given integers.
    """
    of_integers = isinstance(layer, (models.Embedding, models.Embeddings))
    builder = GraphBuilder({"input": models.Input(shape, "int64") if of_integers else shape})
    branches = (models.LeakyReLU(index / 10) for index in range(1, 1 if of_integers else layer.inputs_required or 3))
    names = [builder.add(f"branch{index}", branch, ["input"]) for index, branch in enumerate(branches)]
    builder.add(name, layer, ["input", *names])
    graph = builder.finish()
    store = ParameterStore(graph.parameters, precision)
    rng = np.random.default_rng(0)
    for name in store:
        store[name][...] = rng.uniform(0.5, 1.5, store[name].shape)
    return Network(graph, store, Data(shape, "int64" if of_integers else "float32"), {})


def check(net, folder, preprocessing=False):
    """Export a network; onnxruntime must compute the same as the network."""
    difference = export(net, folder / "model.onnx", preprocessing)["difference"]
    assert difference <= 1e-5
