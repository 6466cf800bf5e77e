"""The page of one example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from math import prod

import numpy as np

from trainer.datasets import Source
from trainer.ground.text import printable
from trainer.models.node import Node
from trainer.pages.explain import backward, losses
from trainer.pages.explain.backward import Around
from trainer.pages.explain.example import example, names_of
from trainer.pages.explain.formulas import number
from trainer.pages.explain.forward import Unit, formula
from trainer.pages.explain.passes import Pass, follow
from trainer.pages.explain.pictures import MOST_CHANNELS, sheet
from trainer.pages.page import page
from trainer.pages.report.examples import visible
from trainer.problems import Classification, Regression
from trainer.runs.network import Network

EVERYTHING = 250  # numbers in and between the layers of a network that is shown in full
MOST_NUMBERS = 40  # of a vector or a picture that is printed

GLANCE = (
    "Each layer shows its output for this example, and how the number with the largest size is computed; below, how "
    "the gradient of the loss flows back, to the input and to each parameter."
)
IN_FULL = (
    "Every number of every layer with its formula, then every number of the gradients, from the loss back to the input "
    "and to the parameters. Numbers have six digits."
)


def explain_page(network: Network, source: Source, index: int, title: str) -> str:
    """Return the HTML of a page that follows example `index` of a source through a network and back.

    Raises:
        ConfigError, GraphError, DataError: As `follow`.
    """
    seen = follow(network, source, index)
    size = sum(prod(node.output_shape) for node in seen.nodes) + sum(map(np.size, seen.slopes.values()))
    full = size <= EVERYTHING
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_summary(network, seen))}</p>",
        example(network, seen),
        f'<p class="faint">{IN_FULL if full else GLANCE}</p>',
        "<h2>Forward</h2>",
        *(_values(name, "", seen.values[name], names_of(network, name)) for name in network.graph.inputs),
        *(_forward(node, seen, full) for node in seen.nodes),
        _loss(seen),
        "<h2>Backward</h2>",
        _first_gradient(seen, full),
        *(_backward(node, seen, full) for node in reversed(seen.nodes)),
    ]
    return page(title, "\n".join(body), styles=("explain.css",))


def _summary(network: Network, seen: Pass) -> str:
    """Return in words what the network makes of the example."""
    answer = network.probabilities(seen.outputs[None])[0]
    if not isinstance(network.problem, Classification):
        target = np.atleast_1d(seen.target)
        if isinstance(network.problem, Regression):  # it was standardised, as the loss sees it
            target = network.probabilities(target[None])[0]
        wanted, given = (", ".join(map(number, np.atleast_1d(values))) for values in (target, answer))
        return f"The target is {wanted}; the network gives {given}."
    best, label = int(np.argmax(answer)), int(seen.target if np.ndim(seen.target) == 0 else np.argmax(seen.target))
    names = [visible(name) for name in network.classes]
    rest = "" if best == label else f" and ‘{names[label]}’ with {answer[label]:.1%}"
    truth = "Next comes" if network.problem.writes else "It is"
    return f"{truth} ‘{names[label]}’. The network says ‘{names[best]}’ with {answer[best]:.1%}{rest}."


def _forward(node: Node, seen: Pass, full: bool) -> str:
    inputs, values = [seen.values[name] for name in node.inputs], seen.values[node.name]
    parameters = {short: seen.parameters[name] for short, name in node.parameters.items()}
    lines = []
    for unit in _units(values, full):
        right = formula(node.layer, unit, inputs, parameters)
        lines += [_line(f"{node.name}{list(unit)}", right, values[unit])] if right else []
    kind = f"{type(node.layer).__name__} of {', '.join(node.inputs)}"
    return _values(node.name, kind, values) + "".join(lines)


def _loss(seen: Pass) -> str:
    right = losses.loss_formula(seen.rule, seen.outputs, seen.target)
    line = _line("L", right, seen.loss) if right else f"<p>L = {number(seen.loss)}</p>"
    return f'<h3 id="loss">loss <span class="faint">{type(seen.rule).__name__}</span></h3>{line}'


def _first_gradient(seen: Pass, full: bool) -> str:
    name = seen.nodes[-1].name
    if name not in seen.gradients:
        return "<p>No layer can learn, so there are no gradients.</p>"
    gradient = seen.gradients[name]
    lines = []
    for unit in _units(gradient, full):
        right = losses.gradient_formula(seen.rule, seen.outputs, seen.target, unit[0])
        lines += [_line(f"∂L/∂{name}{list(unit)}", right, gradient[unit])] if right else []
    return _values(f"∂L/∂{name}", "of the loss", gradient) + "".join(lines)


def _backward(node: Node, seen: Pass, full: bool) -> str:
    if node.name not in seen.gradients:
        return ""
    parameters = {short: seen.parameters[name] for short, name in node.parameters.items()}
    inputs = [seen.values[name] for name in node.inputs]
    around = Around(inputs, seen.values[node.name], seen.gradients[node.name], parameters)
    parts = [*_by_parameters(node, seen, around, full), *_by_inputs(node, seen, around, full)]
    kind = f'<span class="faint">{type(node.layer).__name__}</span>'
    return f"<h3>back through {escape(node.name)} {kind}</h3>{''.join(parts)}" if parts else ""


def _by_parameters(node: Node, seen: Pass, around: Around, full: bool) -> Iterator[str]:
    for short, name in node.parameters.items():
        if name in seen.slopes:
            slope = seen.slopes[name]
            yield _values(f"∂L/∂{name}", "", slope)
            for unit in _units(slope, full):
                right = backward.by_parameter(node.layer, short, unit, around)
                yield _line(f"∂L/∂{name}{list(unit)}", right, slope[unit]) if right else ""


def _by_inputs(node: Node, seen: Pass, around: Around, full: bool) -> Iterator[str]:
    readers = Counter(name for each in seen.nodes for name in each.inputs)
    for which, name in enumerate(node.inputs):
        if name not in seen.gradients:
            continue
        gradient = seen.gradients[name]
        if readers[name] > 1:
            yield f'<p class="faint">{escape(name)} feeds {readers[name]} layers, whose gradients add up.</p>'
        yield _values(f"∂L/∂{name}", "", gradient)
        for unit in _units(gradient, full) if readers[name] == 1 else ():
            right = backward.by_input(node.layer, unit, which, around)
            yield _line(f"∂L/∂{name}{list(unit)}", right, gradient[unit]) if right else ""


def _units(values: np.ndarray, full: bool) -> list[Unit]:
    """Return the places whose formulas are shown: all, or that of the number with the largest size, if there is one."""
    if full or not values.size:
        return [*np.ndindex(values.shape)]
    return [tuple(int(index) for index in np.unravel_index(np.argmax(np.abs(values)), values.shape))]


def _line(left: str, right: str, value: float) -> str:
    equation = f"{escape(left)} = <span>{escape(right).replace('-', '−')}</span> = <b>{number(float(value))}</b>"
    return f'<p class="formula">{equation}</p>'


def _values(name: str, kind: str, values: np.ndarray, names: list[str] | None = None) -> str:
    """Return a heading, and the values: as a picture, and as numbers where they are few, with their `names`."""
    if not values.size:  # as of a table without categories
        return ""
    shape = "×".join(map(str, values.shape))
    some = f", the first {MOST_CHANNELS} channels" if values.ndim == 3 and len(values) > MOST_CHANNELS else ""
    facts = " · ".join(filter(None, [kind, shape + some]))
    head = f'<h3 id="{escape(name)}">{escape(name)} <span class="faint">{escape(facts)}</span></h3>'
    if values.dtype.kind != "f":
        return f"{head}<p class='number'>{' '.join(map(str, values.ravel()[:MOST_NUMBERS]))}</p>"
    largest = number(float(np.abs(values).max()))
    picture = f'<img class="pixels" src="{sheet(values)}" alt="values between −{largest} and {largest}">'
    return f"{head}<figure>{picture}<figcaption>±{largest}</figcaption></figure>{_numbers(values, names)}"


def _numbers(values: np.ndarray, names: list[str] | None) -> str:
    if values.size > MOST_NUMBERS:
        return ""
    rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(1, -1)
    cells = ("".join(f'<td class="number">{number(float(value))}</td>' for value in row) for row in rows)
    lines = "".join(f"<tr>{line}</tr>" for line in cells)
    head = "".join(f"<th>{escape(printable(name))}</th>" for name in names or ())
    return f'<div class="wide"><table>{f"<tr>{head}</tr>" if head else ""}{lines}</table></div>'
