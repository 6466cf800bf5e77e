"""The page computes what the network computes: outputs, gradients by the inputs, and every unit from its formula."""

import json

import numpy as np
import pytest

from tests.helpers.runs import composed, make_run
from trainer.datasets import Examples
from trainer.models import ParameterStore, Workspace
from trainer.pages.show.contents import show_page
from trainer.pages.show.examples import test_examples as examples_of
from trainer.runs.network import Network, load

pytestmark = [pytest.mark.process, pytest.mark.slow]

WINE = ("experiment=table", "data.file=docs/examples/wine.csv", "data.target=cultivar")
SHIPPED = {
    **{name: (f"model={name}",) for name in ("lenet5_plain", "lenet5_fcn", "mlp", "deep_mlp", "two_layer")},
    **{name: (f"model={name}",) for name in ("resnet8", "resnet20", "vgg_small")},
    "shallow_cnn": ("experiment=shallow_cnn",),
}


@pytest.fixture
def opened(browser, tmp_path):
    """Open the page of a network; returns Playwright's page."""
    def open_page(network: Network):
        (tmp_path / "show.html").write_text(show_page(network), encoding="utf-8")
        return browser.open(tmp_path / "show.html")
    return open_page


COMPUTE = """(entered) => entered.map((given) => {
    for (const name in given.inputs ?? {}) given.inputs[name] = Float64Array.from(given.inputs[name]);
    const values = network.forward(inputsFrom(given, PAGE.form));
    const dy = zeros(network.shapes[network.output]).fill(0);
    dy[0] = 1;
    const gradients = network.backward(values, dy);
    return {
        outputs: [...values[network.output]],
        answers: [...answers(values[network.output], PAGE.answer)],
        gradient: gradients.input ? [...gradients.input] : null,
    };
})"""


def gradients_by(network: Network, inputs) -> np.ndarray | None:
    """Return the gradient of the first output by the first input (N, F), in double precision as in the page."""
    named = inputs if isinstance(inputs, dict) else {"input": inputs}
    count = len(next(iter(named.values())))
    store = ParameterStore(network.graph.parameters, "float64")
    for name in store:
        store[name][...] = network.parameters[name]
    workspace = Workspace(network.graph, store, input_gradients=True)
    arrays = workspace.inputs(count)
    network.dataset.loader(Examples(named, np.zeros(count, np.int64))).load(np.arange(count), *arrays)
    dy = np.zeros_like(network.graph.forward(workspace, *arrays))
    dy[0] = 1
    gradient = network.graph.backward(workspace, dy)[0]
    return None if gradient is None else gradient.reshape(-1, count).T.copy()


def assert_same(page, network: Network, entered, inputs) -> None:
    found = page.evaluate(COMPUTE, entered)
    outputs, gradients = network.run(inputs), gradients_by(network, inputs)
    np.testing.assert_allclose([each["outputs"] for each in found], outputs, rtol=1e-4, atol=1e-4)
    shown = [each["answers"] for each in found]
    np.testing.assert_allclose(shown, network.probabilities(outputs), rtol=1e-4, atol=1e-4)
    if gradients is not None:
        tolerance = 1e-5 * np.abs(gradients).max()
        np.testing.assert_allclose([each["gradient"] for each in found], gradients, rtol=0, atol=tolerance)


def test_a_hundred_test_pictures(opened, tmp_path):
    network = load(make_run(tmp_path / "run", "model=lenet5"))
    source = examples_of(network.dataset)
    pictures = source.inputs[:100]
    with opened(network) as page:
        entered = [{"inputs": {"input": picture.ravel().tolist()}} for picture in pictures]
        assert_same(page, network, entered, network.prepare(pictures))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models(name, opened, tmp_path):
    network = load(make_run(tmp_path / "run", *SHIPPED[name]))
    stored = examples_of(network.dataset).inputs[:3]
    with opened(network) as page:
        entered = [{"inputs": {"input": each.ravel().tolist()}} for each in stored]
        assert_same(page, network, entered, network.prepare(stored))
