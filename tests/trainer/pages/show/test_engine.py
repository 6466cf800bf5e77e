"""The JavaScript computes what the network computes: outputs, gradients of the input, every unit from its formula."""

import numpy as np
import pytest

from tests.helpers import exports, tables
from tests.helpers.engine import assert_same
from tests.helpers.runs import TINY, composed, make_run
from tests.helpers.training import train
from tests.models.test_contract import example, layer_classes, shapes
from tests.trainer.export.test_expression import FORMULAS
from tests.trainer.pages.show.test_contents import data_of
from trainer import models
from trainer.pages.show.arrays import packed
from trainer.pages.show.contents import show_page
from trainer.runs.network import load

pytestmark = [pytest.mark.process, pytest.mark.slow]

SMALL_DEEP = "model.layers.hidden.layers.fc.out_features=32"  # its page would be of 9 MB
SHIPPED = {
    "lenet5_plain": (),
    "lenet5_fcn": (),
    "mlp": (),
    "deep_mlp": (SMALL_DEEP,),
    "two_layer": (),
    "resnet8": (),
    "resnet20": (),
    "vgg_small": (),
    "shallow_cnn": ("experiment=shallow_cnn",),
}
POOLINGS = [(3, 2, 1, True), ((2, 3), (3, 2), (1, 0), False), (5, 3, 2, True)]
CONVOLUTIONS = [
    {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 2), "bias": False},
    {"kernel_size": 3, "dilation": 2, "padding": 2},
    {"kernel_size": 3, "stride": 3},
]

FORWARD = """([{ network, weights, form }, entered]) => {
    const own = new Network(network, unpacked(weights));
    return entered.map(({ inputs }) => [...own.forward(inputsFrom({ inputs: unpacked(inputs) }, form))[own.output]]);
}"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A page with the engine in it, whatever its own network is."""
    folder = tmp_path_factory.mktemp("engine")
    (folder / "show.html").write_text(show_page(load(make_run(folder / "run", *TINY))), encoding="utf-8")
    with browser.open(folder / "show.html") as opened:
        yield opened


def pictures(*arrays: np.ndarray) -> list[dict]:
    return [{"inputs": {"input": packed(array)}} for array in arrays]


def noise(network, count: int = 2) -> np.ndarray:
    """Random pixels as stored, for in even areas rounding decides which of equal values a pool takes."""
    return np.random.default_rng(0).integers(0, 256, (count, *network.dataset.shape), dtype=np.uint8)


def test_a_hundred_test_pictures(page, tmp_path):
    config = composed("model=lenet5", "epochs=1", "limit.train=192", "callbacks.curves=null", "parallel.workers=1")
    train(config, tmp_path / "run")
    network = load(tmp_path / "run")
    _, test = network.dataset.read()
    stored = test.inputs[:100]
    found = network.run(network.prepare(stored))
    assert len({*found.argmax(axis=1)}) > 5  # it has begun to tell them apart
    given = page.evaluate(FORWARD, [data_of(show_page(network)), pictures(*stored)])
    np.testing.assert_allclose(given, found, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models(name, page, tmp_path):
    overrides = SHIPPED[name] if name == "shallow_cnn" else (f"model={name}", *SHIPPED[name])
    network = load(make_run(tmp_path / "run", *overrides))
    stored = noise(network) if name != "shallow_cnn" else network.dataset.read()[1].inputs
    assert_same(page, network, pictures(*stored), network.prepare(stored), pixels=name != "shallow_cnn")


@pytest.mark.parametrize("quantiles", ["false", "true"])
def test_a_table(quantiles, page, tmp_path):
    pytest.importorskip("polars")
    from trainer.pages.show.examples import chosen
    from trainer.pages.show.examples import test_examples as examples_of

    file = tables.write(tmp_path / "houses.csv", tables.without(tables.houses(150), "dear"))
    options = (f"data.file={file}", "data.target=price", f"data.quantiles={quantiles}")
    network = load(make_run(tmp_path / "run", *tables.TABLE, *options))
    rows = [each["row"] for each in chosen(network.dataset, examples_of(network.dataset))]
    assert any(value is None for row in rows for value in row)
    entered = [{"row": [float("nan") if value is None else value for value in row]} for row in rows]
    features = network.dataset.features
    raw = [np.array([each["row"][i] for each in entered]) for i in range(len(features.features))]
    kinds = [feature.column.kind == "category" for feature in features.features]
    raw = [a.astype(np.int64) if category else a.astype(float) for a, category in zip(raw, kinds, strict=True)]
    inputs = {"input": features.numbers(raw), "categories": features.places(raw)}
    assert inputs["categories"].shape[1] == 1
    assert_same(page, network, entered, inputs)


def test_a_text(page, tmp_path):
    (tmp_path / "story.txt").write_text("the cat sat on the mat.\n" * 20)
    data = ("data=text", f"data.file={tmp_path / 'story.txt'}", "data.context=8")
    network = load(make_run(tmp_path / "run", "model=char_mlp", *data))
    texts = ["the cat sat", "at", "", "Zürich 🙂 at"]
    assert_same(page, network, [{"text": text} for text in texts], network.prepare(texts))


def check_layer(page, layer, shape) -> None:
    """Compare a network around one layer, as for its translation to ONNX."""
    network = exports.network(layer, shape)
    rng = np.random.default_rng(0)
    field = network.dataset.inputs["input"]
    size = (3, *field.shape)
    values = rng.integers(2, size=size) if field.is_integer else rng.normal(size=size).astype(np.float32)
    assert_same(page, network, pictures(*values), values)


@pytest.mark.parametrize("kind", layer_classes().values(), ids=layer_classes())
def test_every_layer(kind, page):
    layer = example(kind)
    check_layer(page, layer, shapes(layer)[0])


def test_pools_convolutions_and_formulas(page):
    for *window, ceil_mode in POOLINGS:
        check_layer(page, models.MaxPool2d(*window, ceil_mode), (2, 7, 8))
        for count in (True, False):
            check_layer(page, models.AvgPool2d(*window, ceil_mode, count), (2, 7, 8))
    for options in CONVOLUTIONS:
        check_layer(page, models.Conv2d(4, **options), (3, 9, 10))
    for formula in FORMULAS:
        scalars = {"a": 0.5} if "a *" in formula else {}
        channels = {"c": 0.5} if formula.endswith("+ c") else {}
        for shape in ((3, 4, 5), (6,)):
            check_layer(page, models.Expression(formula, scalars, channels), shape)
