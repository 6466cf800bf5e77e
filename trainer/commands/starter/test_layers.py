"""The derivatives of my layers: `python -m pytest`."""

import numpy as np
from my_package.layers import Swish

from trainer import models
from trainer.commands.gradcheck import check_gradients
from trainer.problems import Regression


def test_swish() -> None:
    builder = models.GraphBuilder({"x": (5,)})
    builder.add("swish", Swish(beta=0.7), ["x"])
    graph = builder.finish()
    parameters = models.ParameterStore(graph.parameters, "float64")
    parameters.initialize(lambda name: np.random.default_rng(0))
    checks, faults = check_gradients(graph, models.losses.HalfSquaredError(), parameters, Regression(graph, None))
    assert [check.name for check in checks] == ["the input", "swish.beta"]
    assert all(check.passed for check in checks), checks
    assert not faults
