"""Variables, the walk back, and what it leaves in memory."""

import gc
import operator
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

from trainer.models.autograd import Function, Variable, grad, no_grad, to_dot
from trainer.models.autograd import functions as F  # noqa: N812


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_variable_shows_its_array():
    x = Variable(np.arange(6, dtype=np.float32).reshape(2, 3), name="x")
    assert (x.shape, x.ndim, x.size, x.dtype, len(x), x.name) == ((2, 3), 2, 6, np.float32, 2, "x")
    assert repr(x) == "Variable([[0., 1., 2.],\n          [3., 4., 5.]])"
    assert repr(Variable(5.0)) == "Variable(5.)"
    assert float(Variable(5)) == 5.0
    assert [float(row.sum()) for row in x] == [3, 12]
    assert (3.0 in x, Variable(6.0) in x) == (True, False)
    assert (float(Variable(2.5)), int(Variable(2.5)), int(Variable([3]).sum())) == (2.5, 2, 3)


@pytest.mark.parametrize("use", [len, iter, list, lambda x: float(x + np.ones(2)), lambda x: int(x + np.ones(2))])
def test_what_numpy_refuses_is_refused(use):
    with pytest.raises(TypeError, match=r"0-d|unsized"):
        use(Variable(1.0))


@pytest.mark.parametrize("value", [0.0, 2.0, 0, 7, True, False, [0.0], [[1.0]]])
def test_truth_is_that_of_the_element(value):
    assert bool(Variable(value)) is bool(np.array(value))


@pytest.mark.parametrize("values", [[1.0, 1.0], [[0.0], [0.0]]])
def test_several_elements_have_no_truth(values):
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Variable(values))


COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
OTHERS = [2, 2.0, np.float64(2), np.int64(2), np.array(2.0), np.array([1.0, 2.0, 3.0]), np.array([[3], [1]]), [2, 2, 2]]


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("other", OTHERS, ids=repr)
def test_comparisons_are_those_of_the_arrays(compare, other):
    data = np.array([3.0, 2.0, 1.0], np.float32)
    x = Variable(data)
    for ours, numpys in (
        (compare(x, other), compare(data, other)),
        (compare(other, x), compare(np.asarray(other), data)),
        (compare(x, Variable(other)), compare(data, np.asarray(other))),
        (compare(Variable(2.0), other), compare(np.array(2.0), other)),
    ):
        assert type(ours) is type(numpys)
        assert ours.dtype == bool
        np.testing.assert_array_equal(ours, numpys)


def test_a_comparison_chooses():
    x = Variable(np.array([-1.0, 2.0]))
    y = F.where(x > 0, x, 3 * x)
    y.backward()
    np.testing.assert_array_equal(y.data, [-3, 2])
    np.testing.assert_array_equal(x.grad.data, [3, 1])
    np.testing.assert_array_equal(x[x == 2].data, [2])


def test_comparisons_with_something_else():
    x = Variable(np.ones(2))
    np.testing.assert_array_equal(x == None, [False, False])  # noqa: E711
    with pytest.raises(TypeError):
        x < "one"  # noqa: B015


def test_variables_are_keys_by_identity():
    x, y = Variable(np.ones(2)), Variable(np.ones(2))
    names = {x: "x", y: "y"}
    assert (names[x], names[y], len({x, y, x})) == ("x", "y", 2)


def test_gradients_do_not_depend_on_hashes():
    """Where two hashes are equal, a dict of Variables would ask ==, which is an array here."""

    class Colliding(Variable):
        __hash__ = lambda self: 7  # noqa: E731

    class Add(Function):
        __hash__ = lambda self: 7  # noqa: E731
        __eq__ = lambda self, other: True  # noqa: E731

        def forward(self, a, b):
            return a + b

        def backward(self, dy):
            return dy, dy

    x, y = Colliding(np.array([1.0, 2.0])), Colliding(np.array([1.0, 2.0]))
    z = Add()(x, y)
    (Add()(z, x) * y).backward()
    np.testing.assert_array_equal(x.grad.data, [2, 4])
    np.testing.assert_array_equal(y.grad.data, [4, 8])
    assert [g.data.tolist() for g in grad(Add()(x, x), [x, y])] == [[2, 2], [0, 0]]
    assert to_dot(Add()(x, y)).count("ellipse") == 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_data_is_shared_and_keeps_its_dtype(dtype):
    data = np.ones(3, dtype)
    assert Variable(data).data is data
    assert (Variable(data) * 2).dtype == dtype


@pytest.mark.parametrize("wrong", [None, "one", [None], 1j, Variable(1.0)])
def test_a_variable_holds_real_numbers(wrong):
    with pytest.raises(TypeError, match="a Variable holds real numbers, got"):
        Variable(wrong)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (np.exp, "does not support ufuncs"),
        (lambda x: operator.iadd(np.ones(2), x), "does not support ufuncs"),
        (np.sum, "numpy.sum takes no Variables; use models.autograd.functions"),
        (lambda x: np.concatenate([x, x]), "numpy.concatenate takes no Variables"),
        (np.asarray, "becomes an array only as its .data"),
        (lambda x: np.array([x, x]), "becomes an array only as its .data"),
        (lambda x: Variable([x, x]), "becomes an array only as its .data"),
        (lambda x: operator.setitem(x, 0, 1), "does not support item assignment"),
    ],
)
def test_what_would_lose_the_gradient_is_refused(use, message):
    with pytest.raises(TypeError, match=message):
        use(Variable(np.ones(2)))


def test_augmented_assignment_makes_another_variable():
    data = np.ones(2)
    x = y = Variable(data)
    y += 1
    y *= x
    y -= 0.5
    y.backward()
    np.testing.assert_array_equal(data, [1, 1])
    np.testing.assert_array_equal(y.data, [1.5, 1.5])
    np.testing.assert_array_equal(x.grad.data, [3, 3])


def test_a_variable_used_twice_adds_its_gradients():
    x = Variable(3.0)
    (x + x).backward()
    assert float(x.grad) == 2
    x.cleargrad()
    (x + x + x).backward()
    assert float(x.grad) == 3


def test_backward_adds_until_cleared():
    x = Variable(3.0)
    for expected in (6, 12):
        (x * x).backward()
        assert float(x.grad) == expected
    x.cleargrad()
    assert x.grad is None


def test_diamonds_are_walked_in_the_right_order():
    """Depth first would pass a partial gradient through the square: 2 (x²)² has the gradient 8 x³, here 64."""
    x = Variable(2.0)
    a = x * x
    y = a * a + a * a
    y.backward()
    assert float(y) == 32
    assert float(x.grad) == 64


def test_branches_of_unequal_length_meet_once():
    x, calls = Variable(2.0), []

    class Counted(Function):
        def forward(self, x):
            return x + 0

        def backward(self, dy):
            calls.append(float(dy))
            return dy

    a = Counted()(x)
    long = a
    for _ in range(10):
        long = long * 1.0
    (a + long + a * 3.0).backward()
    assert calls == [5.0]
    assert float(x.grad) == 5


def test_gradients_between_are_kept_on_demand():
    x = Variable(3.0)
    y = x * x
    z = y * 2.0
    z.backward()
    assert y.grad is None
    assert z.grad is None
    x.cleargrad()
    z.backward(retain_grad=True)
    assert (float(z.grad), float(y.grad), float(x.grad)) == (1, 2, 12)


def test_kept_gradients_do_not_disturb_a_second_walk():
    x = Variable(3.0)
    y = x * x
    z = y * 2.0
    z.backward(retain_grad=True)
    z.backward(retain_grad=True)
    assert (float(y.grad), float(x.grad)) == (4, 24)


def test_the_walk_begins_with_a_given_gradient():
    x = Variable(np.array([1.0, 2.0]))
    (x * x).backward(gradient=np.array([10.0, 1.0]))
    np.testing.assert_array_equal(x.grad.data, [20, 4])
    with pytest.raises(ValueError, match=r"a gradient of shape \(3,\) was given for an output of shape \(2,\)"):
        x.backward(gradient=np.ones(3))


def test_no_two_gradients_share_memory():
    """Scaling one in place (clipping) must not scale another."""
    x, y = Variable(np.ones(2)), Variable(np.ones(2))
    (x + y).backward()
    x.grad.data *= 5
    np.testing.assert_array_equal(y.grad.data, [1, 1])


def test_grad_gives_gradients_and_leaves_variables_alone():
    x, y, other = Variable(2.0), Variable(5.0), Variable(np.ones(3))
    z = x * y
    dx, dother, dz = grad(z * z, [x, other, z])
    assert (float(dx), float(dz)) == (100, 20)
    np.testing.assert_array_equal(dother.data, [0, 0, 0])
    assert x.grad is None


def test_no_grad_records_nothing():
    x = Variable(2.0)
    with no_grad():
        y = x * x
        with no_grad():
            pass
        assert (x + x).creator is None
    assert y.creator is None
    assert (x * x).creator is not None
    with pytest.raises(RuntimeError), no_grad():
        raise RuntimeError
    assert (x * x).creator is not None


def test_no_grad_is_a_matter_of_one_thread():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((Variable(1.0) * 2).creator is not None))
        thread.start()
        thread.join()
    assert seen == [True]


def test_backward_records_nothing_unless_asked():
    x = Variable(2.0)
    (x * x).backward()
    assert x.grad.creator is None
    x.cleargrad()
    (x * x).backward(create_graph=True)
    assert x.grad.creator is not None


@pytest.mark.usefixtures("no_collector")
def test_a_computation_leaves_no_cycles():
    x = Variable(np.ones(10))
    y = F.softmax(F.tanh(x * 2 + 1)).sum()
    between = weakref.ref(y.creator.inputs[0].data)
    y.backward()
    final, function = weakref.ref(y), weakref.ref(y.creator)
    del y
    assert final() is None
    assert function() is None
    assert between() is None


@pytest.mark.usefixtures("no_collector")
def test_higher_derivatives_leave_no_cycles():
    x = Variable(1.0)
    (first,) = grad(F.sin(x), [x], create_graph=True)
    (second,) = grad(first, [x])
    assert float(second) == pytest.approx(-np.sin(1))
    gone = weakref.ref(first.creator)
    del first
    assert gone() is None
    F.sin(x).backward(create_graph=True)
    gone = weakref.ref(x.grad.creator)
    x.cleargrad()
    assert gone() is None


def test_a_chain_may_be_long():
    x = y = Variable(1.0)
    for _ in range(20000):
        y = y + 1.0
    y.backward()
    assert float(x.grad) == 1
    del y


@pytest.mark.process
def test_gradients_are_the_same_in_every_process():
    """Sums of gradients must not depend on the order of a set."""
    code = (
        "import numpy as np\nfrom trainer.models.autograd import Variable, functions as F\n"
        "x = Variable(np.array(0.1)); y = sum(F.sin(x * k) ** 3 for k in range(1, 40)); y.backward()\n"
        "print(float(x.grad).hex())"
    )
    seen = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(3)}
    assert len(seen) == 1
