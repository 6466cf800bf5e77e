"""The page in which a network runs, with all that it needs."""

from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

from trainer.models import Sigmoid, Softmax
from trainer.models.summary import layer_rows
from trainer.pages.page import asset, page
from trainer.pages.show.examples import are_pixels, chosen, test_examples
from trainer.pages.show.forms import form
from trainer.pages.show.layers import described, weights
from trainer.problems import Classification, MultiLabel, Problem
from trainer.runs import named
from trainer.runs.folder import RESULT
from trainer.runs.network import Network
from trainer.runs.records import RecordError, read_result

ENGINE = (
    *("tensor", "network", "layers/linear", "layers/convolution", "layers/pooling", "layers/normalization"),
    *("layers/activation", "layers/combine", "layers/embedding", "layers/shape", "layers/expression"),
    *("inputs", "outputs"),
)
"""The network in JavaScript, in order."""
VIEW = ("draw", "columns", "card", "bars", "pad", "entries", "sentence", "plane", "page", "start", "live")
"""What one sees of it."""
SCRIPTS = tuple(f"show/{name}.js" for name in (*ENGINE, *VIEW))
STYLES = ("show/show.css",)


def show_page(network: Network, live: str = "") -> str:
    """Return the HTML of a page in which a network runs, with its weights and some test examples inside.

    Args:
        network: As `load` returns it.
        live: Which weights these are; the page then asks its server for newer ones, see `trainer.commands.show`.

    Raises:
        ExportError, GraphError: The page cannot compute this network.
    """
    examples = test_examples(network.dataset)
    data: dict[str, Any] = {
        "title": named.name(_folder(network), network.config),
        "about": about(network),
        "network": described(network.graph),
        "weights": weights(network.parameters),
        "form": form(network.dataset, are_pixels(network.dataset, examples)),
        "answer": answer(network),
        "examples": [] if examples is None else chosen(network.dataset, examples),
        "live": live,
    }
    return page(data["title"], asset("show/body.html"), data, SCRIPTS, STYLES)


def answer(network: Network) -> dict[str, Any]:
    """Return what the outputs mean: classes, labels or values, their names, and how they become what people see."""
    problem, dataset = network.problem, network.dataset
    kinds = {"classes": Classification, "labels": MultiLabel, "values": Problem}
    kind = next(name for name, problems in kinds.items() if isinstance(problem, problems))
    columns = getattr(getattr(dataset, "target", None), "columns", ())
    count = prod(network.graph.output_shape)
    numbers = [f"value {number}" for number in range(count)] if count > 1 else ["value"]
    return {
        "kind": kind,
        "names": list(network.classes) or (list(columns) if len(columns) == count else numbers),
        "squashed": isinstance(problem.last_layer, Softmax if kind == "classes" else Sigmoid),
        "mean": dataset.target_mean,
        "std": dataset.target_std,
    }


def about(network: Network) -> list[str]:
    """Return facts: how large the network is, what it has reached, and where it comes from."""
    count = sum(row.parameters for row in layer_rows(network.graph))
    facts = [f"{count:,} parameters"]
    with suppress(RecordError, OSError):
        test = read_result(_folder(network) / RESULT).get("test") or {}
        facts += [f"test {name} {value:.4g}" for name, value in test.items() if value is not None]
    return [*facts, str(_folder(network))] if network.path else facts


def _folder(network: Network) -> Path:
    return network.path.parent.parent if network.path else Path()
