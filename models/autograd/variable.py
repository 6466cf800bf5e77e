"""Arrays that remember how they were computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.models.autograd.operators import Operators

if TYPE_CHECKING:
    from trainer.models.autograd.function import Function

_recording: ContextVar[bool] = ContextVar("recording", default=True)


class Variable(Operators):
    """A NumPy array that knows the function it came from, as in DeZero.

    Operators and the functions of :mod:`models.autograd.functions` accept Variables, arrays and numbers alike and
    return Variables. ``backward`` walks back from a result and sets ``grad``, itself a Variable, on each Variable that
    it was computed from.

    **Dtypes.** Variables in one operation are converted to the widest floating dtype among them; integers and bools
    never widen it. Arrays, numbers (NumPy's scalars too) and whatever was computed from these alone count as data, and
    data takes the dtype of the Variables beside it. So a float32 computation stays float32. The gradient of a Variable
    has the Variable's dtype, as in PyTorch; for integers and bools it is float64. (A :class:`Function` of your own
    gets its arrays unconverted; its gradients are converted in the same way.)

    **Comparisons** run element by element and return plain arrays of bools; ``bool``, ``float``, ``int``, ``len`` and
    ``in`` are those of the array too. As keys of a dict, Variables are distinguished by identity. NumPy's functions
    refuse Variables, since their results would have no gradient.

    Args:
        data: Array (shared, not copied), number or nested list of numbers; its dtype stays as it is.
        name: Shown in drawings.

    Raises:
        TypeError: ``data`` does not consist of real numbers.
    """

    __array_ufunc__ = None  # so that ``array * variable`` asks the Variable

    def __init__(self, data: Any, name: str | None = None) -> None:
        array = np.asarray(data) if not isinstance(data, Variable) else None
        if array is None or array.dtype.kind not in "biuf":
            raise TypeError(f"a Variable holds real numbers, got {type(data).__name__}")
        self.data = array
        self.name = name
        self.grad: Variable | None = None
        self.creator: Function | None = None
        self.weak = False  # True for data, which takes the dtype of Variables

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> np.dtype:
        return self.data.dtype

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Variable]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d Variable")
        return (self[index] for index in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)

    if not TYPE_CHECKING:  # with this method, type checkers would accept a Variable as an array

        def __array__(self, *args: Any, **options: Any) -> np.ndarray:
            raise TypeError("a Variable becomes an array only as its .data, which has no gradient")

    def __array_function__(self, function: Callable, *args: Any) -> Any:
        name = f"{function.__module__}.{function.__name__}"
        raise TypeError(f"{name} takes no Variables; use models.autograd.functions, or .data, which has no gradient")

    def __repr__(self) -> str:
        return f"Variable({np.array2string(self.data, separator=', ', prefix='Variable(')})"

    def cleargrad(self) -> None:
        """Forget the gradient, which ``backward`` otherwise adds to."""
        self.grad = None

    def backward(
        self, retain_grad: bool = False, create_graph: bool = False, gradient: Variable | np.ndarray | None = None
    ) -> None:
        """Add the gradient of the sum of this Variable's elements to the ``grad`` of every Variable it depends on.

        Args:
            retain_grad: Keep the ``grad`` of intermediate results too, not only of Variables that no function computed.
            create_graph: Record the computation of the gradients, so that they can be differentiated in turn. A
                ``grad`` then refers to its own Variable, a cycle that ``cleargrad`` ends; :func:`grad` makes none.
            gradient: Weights of the elements in the sum, of this Variable's shape; by default ones.

        Raises:
            ValueError: ``gradient`` or the result of a function's ``backward`` has the wrong shape.
        """
        for variable, total in _differentiate(self, gradient, create_graph):
            if variable.creator is None or retain_grad:
                if variable.grad is not None:
                    total = variable.grad + total
                # The same gradient may reach several Variables, so each gets its own array.
                variable.grad = total if create_graph else Variable(total.data.copy())


def grad(
    output: Variable,
    inputs: Sequence[Variable],
    create_graph: bool = False,
    gradient: Variable | np.ndarray | None = None,
) -> list[Variable]:
    """Return the gradient of ``output`` with respect to each of ``inputs``, without setting any ``grad``.

    The gradient of an unused input is zero. The other arguments are those of :meth:`Variable.backward`.
    """
    wanted = {id(x): Variable(np.zeros(x.shape, _gradient_dtype(x))) for x in inputs}
    for variable, total in _differentiate(output, gradient, create_graph):
        if id(variable) in wanted:
            wanted[id(variable)] = total
    return [wanted[id(x)] for x in inputs]


def no_grad() -> AbstractContextManager[None]:
    """Return a context in which nothing is recorded, so that results do not keep their inputs in memory."""
    return recording(False)


@contextmanager
def recording(wanted: bool) -> Iterator[None]:
    """Record computations or not within this context, for the current thread or task only."""
    token = _recording.set(wanted)
    try:
        yield
    finally:
        _recording.reset(token)


def is_recording() -> bool:
    return _recording.get()


def as_variable(value: Any) -> Variable:
    """Return ``value`` as a Variable; an array or number remains data, which takes the dtype of other Variables."""
    if isinstance(value, Variable):
        return value
    variable = Variable(value)
    variable.weak = True
    return variable


def _differentiate(
    output: Variable, gradient: Variable | np.ndarray | None, create_graph: bool
) -> Iterator[tuple[Variable, Variable]]:
    """Yield each Variable behind ``output`` with its total gradient, once all functions that use it are done."""
    dtype = _gradient_dtype(output)
    if gradient is None:
        gradient = Variable(np.ones(output.shape, dtype))
    elif not isinstance(gradient, Variable):
        gradient = Variable(Variable(gradient).data.astype(dtype, copy=False))
    if gradient.shape != output.shape:
        raise ValueError(f"a gradient of shape {gradient.shape} was given for an output of shape {output.shape}")
    with recording(create_graph):
        pending = {id(output): (output, gradient.astype(dtype))}  # by identity: == compares elements
    for function in history(output):
        y = function.output()
        if id(y) not in pending:  # no gradient reached it
            continue
        _, dy = pending.pop(id(y))
        with recording(create_graph):
            for x, dx in zip(function.inputs, function.gradients(dy), strict=True):
                if dx is not None:
                    dx = as_variable(dx).astype(_gradient_dtype(x))
                    if dx.shape != x.shape:
                        name = type(function).__name__
                        raise ValueError(f"{name}.backward returns the gradient {dx.shape} of an input {x.shape}")
                    pending[id(x)] = x, pending[id(x)][1] + dx if id(x) in pending else dx
        yield y, dy
    yield from pending.values()


def _gradient_dtype(x: Variable) -> np.dtype:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def history(output: Variable) -> list[Function]:
    """Return the functions behind ``output``, each after all functions that use its result."""
    found: dict[int, Function] = {}  # a set's order, and so that of the gradients' sums, would be random
    open_ends = [output.creator]
    while open_ends:
        function = open_ends.pop()
        if function is not None and id(function) not in found:
            found[id(function)] = function
            open_ends += [x.creator for x in function.inputs]
    return sorted(found.values(), key=lambda function: function.generation, reverse=True)
