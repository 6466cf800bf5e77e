"""Where values that are not finite arose."""

from math import inf, nan
from types import SimpleNamespace

import numpy as np
import pytest

from trainer.engine.faults import faulty_outputs, first_fault
from trainer.models import Linear, ParameterStore, build
from trainer.models.communicator import Alone


@pytest.fixture
def graph():
    return build({"fc1": Linear(3), "fc2": Linear(2)}, (4,))


@pytest.fixture
def parameters(graph):
    store = ParameterStore(graph.parameters, "float32")
    store.gradients[:] = 0
    return store


def contexts(*values):
    return [SimpleNamespace(output=np.full((2, 3), value)) for value in values]


def test_outputs_of_all_batches_of_a_step_count():
    first = faulty_outputs(contexts(1.0, inf), None)
    assert first.tolist() == [False, True]
    assert faulty_outputs(contexts(nan, 1.0), first).tolist() == [True, True]


def test_the_first_node_forward_is_named(graph, parameters):
    parameters.gradient("fc2.weight")[0, 0] = nan
    assert first_fault(graph, parameters, Alone(), np.array([True, True]), nan) == "the output of fc1"


def test_else_the_last_layer_whose_gradient_is_wrong(graph, parameters):
    for name in ("fc1.bias", "fc2.weight"):  # backward comes to fc2 first
        parameters.gradient(name).flat[0] = nan
    assert first_fault(graph, parameters, Alone(), None, nan) == "the gradient of fc2"


@pytest.mark.parametrize(("norm", "fault"), [(1.0, "the loss"), (inf, "the norm of the gradient")])
def test_else_what_all_come_to(graph, parameters, norm, fault):
    assert first_fault(graph, parameters, Alone(), None, norm) == fault


def test_what_another_worker_saw_counts(graph, parameters):
    class Other(Alone):
        def total(self, values):
            return values + np.eye(len(values))[1]

    assert first_fault(graph, parameters, Other(), None, nan) == "the output of fc2"
