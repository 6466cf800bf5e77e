"""Every shipped layer in terms of ONNX operators, run by another program."""

import pytest

from tests.helpers.exports import check, network
from tests.models.test_contract import example, layer_classes
from trainer import models
from trainer.export import ExportError, export

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("kind", layer_classes().values(), ids=layer_classes())
def test_every_layer(kind, tmp_path):
    if kind in (models.Embedding, models.Embeddings):
        pytest.skip("of integers, which the input of a written network does not have yet")
    check(network(example(kind), (2, 6, 5)), tmp_path)
    try:
        net = network(example(kind), (6,))
    except models.GraphError:
        return  # takes images only
    check(net, tmp_path)


@pytest.mark.parametrize("kind", [models.MaxPool2d, models.AvgPool2d])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1), ((2, 3), (3, 2), (1, 0)), (5, 3, 2)]
)
def test_pooling(kind, kernel, stride, padding, ceil_mode, tmp_path):
    check(network(kind(kernel, stride, padding, ceil_mode), (2, 7, 8)), tmp_path)
    if kind is models.AvgPool2d:
        check(network(kind(kernel, stride, padding, ceil_mode, count_include_pad=False), (2, 7, 8)), tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 2), "bias": False},
        {"kernel_size": 3, "dilation": 2, "padding": 2},
        {"kernel_size": 3, "padding": 1},
    ],
)
def test_convolution(options, tmp_path):
    check(network(models.Conv2d(4, **options), (3, 9, 10)), tmp_path)


def test_layer_without_translation(tmp_path):
    class Own(models.ReLU):
        pass

    with pytest.raises(ExportError, match="layer: Own has no ONNX translation"):
        export(network(Own(), (3,)), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
