"""The engine of `trainer show` in a browser, compared with ours."""

from typing import Any

import numpy as np

from trainer.datasets import Examples
from trainer.models import ParameterStore, Workspace
from trainer.pages.show.contents import answer
from trainer.pages.show.forms import form
from trainer.pages.show.layers import described, weights
from trainer.runs.network import Network

COMPUTE = """({ network: description, weights, form, answer, entered }) => {
    const own = new Network(description, unpacked(weights));
    let wrong = [];
    const results = entered.map((given) => {
        if (given.inputs) given.inputs = unpacked(given.inputs);
        const values = own.forward(form ? inputsFrom(given, form) : given.inputs);
        const dy = zeros(own.shapes[own.output]);
        dy[0] = 1;
        const gradients = own.backward(values, dy);
        for (const { name } of own.nodes) {
            const y = values[name];
            for (let unit = 0; unit < y.length; unit += Math.ceil(y.length / 7)) {
                const { value } = own.explain(values, name, unit);
                if (!(Math.abs(value - y[unit]) <= 1e-9 * (1 + Math.abs(y[unit])))) wrong.push(`${name} ${unit}: ${value}, not ${y[unit]}`);
            }
        }
        const [first] = own.inputs, outputs = values[own.output];
        return {
            outputs: [...outputs],
            answers: answer ? [...answers(outputs, answer)] : [],
            gradient: gradients[first.name] ? [...gradients[first.name]] : null,
        };
    });
    return { results, wrong: wrong.slice(0, 5) };
}"""  # noqa: E501


def assert_same(page: Any, network: Network, entered: list[dict], inputs: Any, pixels: bool = False) -> None:
    """Assert that the page computes what the network does: outputs, gradients, and each unit from its explanation.

    Args:
        page: Of Playwright, with the engine in it.
        network: The network, which need not be the page's own.
        entered: Examples as the page takes them.
        inputs: The same for `Network.run`.
        pixels: Whether they are uint8 pixels.
    """
    found = page.evaluate(
        COMPUTE,
        {
            "network": described(network.graph),
            "weights": weights(network.parameters),
            "form": form(network.dataset, pixels),
            "answer": answer(network),
            "entered": entered,
        },
    )
    assert not found["wrong"], found["wrong"]
    outputs, gradients = network.run(inputs), gradients_by(network, inputs)
    count = len(outputs)
    values = [each["outputs"] for each in found["results"]]
    np.testing.assert_allclose(values, outputs.reshape(count, -1), rtol=1e-4, atol=1e-4)
    answers = [each["answers"] for each in found["results"]]
    np.testing.assert_allclose(answers, network.probabilities(outputs).reshape(count, -1), rtol=1e-4, atol=1e-4)
    if gradients is not None:
        tolerance = 1e-6 * max(1e-3, np.abs(gradients).max())
        given = [each["gradient"] for each in found["results"]]
        np.testing.assert_allclose(given, gradients, rtol=0, atol=tolerance)


def gradients_by(network: Network, inputs: Any) -> np.ndarray | None:
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
    dy.reshape(-1, count)[0] = 1
    gradient = network.graph.backward(workspace, dy)[0]
    return None if gradient is None else gradient.reshape(-1, count).T.copy()
