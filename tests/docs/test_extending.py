"""The page on users' own code: its classes do what they say. Its commands are run with those of all pages."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.gradients import central_differences, compare
from tests.helpers.training import small_config, train
from trainer import models

DOCS = Path(__file__).parents[2] / "docs"


def example(name: str, page: str = "extending.md") -> type:
    """The class of that name, from its block on the page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    (code,) = (code for code in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S) if f"class {name}(" in code)
    names = {"__name__": "example"}
    exec(code, names)
    return names[name]


def test_the_loss():
    loss = example("LogCosh")()
    graph = models.build({"head": models.Linear(3)}, (2,))
    workspace = models.Workspace(graph, models.ParameterStore(graph.parameters, "float64"))
    workspace.begin_step(models.Step(batch=4, offset=0, training=True))
    context = workspace.loss_context(4)
    outputs, targets = np.random.default_rng(0).normal(size=(2, 3, 4)) * 3
    assert loss.forward(context, outputs, targets) == pytest.approx(np.log(np.cosh(outputs - targets)).sum())
    derived = loss.backward(context)
    compare("outputs", derived, central_differences(lambda: loss.forward(context, outputs, targets) / 4, outputs), 1e-6)


def test_the_optimizer():
    lion = example("Lion")(lr=0.1, weight_decay=0.5)
    p, g = np.array([2.0, -3.0]), np.array([0.1, 5.0])
    state = lion.create_state(2, p.dtype)
    lion.update(p, g, state, lion.lr, 1)
    np.testing.assert_allclose(p, [2.0 - 0.1 * (1 + 1.0), -3.0 - 0.1 * (1 - 1.5)])
    np.testing.assert_allclose(state["momentum"], 0.01 * g)


def test_the_figure():
    problem = example("WithinHalf", "problems.md")(models.build({"head": models.Linear(2)}, (3,)), None)
    outputs, targets = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]), np.zeros((2, 4))
    targets[1] = 1.0, 1.4, 1.6, 0.6
    sums = problem.measures(outputs, targets) | {"loss": 0.0}
    assert problem.figures(sums, 4)["within"] == 0.75
    assert [*problem.metrics] == ["loss", "mae", "r2", "within"]


def test_the_schedule():
    restarts = example("WarmRestarts")(period=2)
    assert [round(restarts(step, 2, 4), 3) for step in range(8)] == [1, 0.854, 0.5, 0.146] * 2
    with pytest.raises(ValueError, match="period: 0 is not at least 1"):
        example("WarmRestarts")(period=0)


def test_the_callback(tmp_path):
    train(small_config(), tmp_path / "run", example("DeadUnits")())
    lines = (tmp_path / "run" / "dead_units.txt").read_text().splitlines()
    assert [line.split()[:2] for line in lines] == [[str(epoch), "act1"] for epoch in range(1, 5)]
    assert all(0 <= float(line.split()[2]) < 1 for line in lines)


def test_the_data():
    moons = example("Crescents")()
    one, other = moons.read()
    assert one.inputs.shape == (1000, 2)
    assert not np.array_equal(one.inputs, other.inputs)
    assert {*one.targets} == {0, 1}
    assert one.inputs[one.targets == 0, 1].mean() > one.inputs[one.targets == 1, 1].mean()
