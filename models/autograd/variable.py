"""Arrays that remember how they were computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from models.autograd.function import Function

_recording: ContextVar[bool] = ContextVar("recording", default=True)


class Variable:
    """A NumPy array that knows the function it came from, after DeZero's.

    Operators and the functions of :mod:`models.autograd.functions` apply to Variables, arrays and numbers alike and
    give Variables. ``backward`` walks back from a result and gives the Variables it was computed from their ``grad``,
    itself a Variable.

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

    def __float__(self) -> float:
        return float(self.data)

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
            retain_grad: Also of the ones between; otherwise only of those that no function computed.
            create_graph: Record the computation of the gradients, so that they can be differentiated in turn. Then a
                ``grad`` refers to its own Variable; ``cleargrad`` ends the cycle, and :func:`grad` makes none.
            gradient: Weights of the elements in the sum, of this Variable's shape; by default ones.
        """
        for variable, total in _differentiate(self, gradient, create_graph):
            if variable.creator is None or retain_grad:
                if variable.grad is not None:
                    total = variable.grad + total
                # The same gradient may have reached several Variables: to each its own array.
                variable.grad = total if create_graph else Variable(total.data.copy())


def grad(
    output: Variable,
    inputs: Sequence[Variable],
    create_graph: bool = False,
    gradient: Variable | np.ndarray | None = None,
) -> list[Variable]:
    """The gradient of ``output`` by each of ``inputs``, leaving every ``grad`` alone; zeros by those it ignores.

    The arguments are those of :meth:`Variable.backward`.
    """
    wanted = dict.fromkeys(inputs)
    for variable, total in _differentiate(output, gradient, create_graph):
        if variable in wanted:
            wanted[variable] = total
    return [Variable(np.zeros_like(x.data)) if wanted[x] is None else wanted[x] for x in inputs]


def no_grad() -> AbstractContextManager[None]:
    """Within, nothing is recorded: results forget what they were computed from, and so save its memory."""
    return recording(False)


@contextmanager
def recording(wanted: bool) -> Iterator[None]:
    """Within, computations are recorded or not; in this thread or task alone."""
    token = _recording.set(wanted)
    try:
        yield
    finally:
        _recording.reset(token)


def is_recording() -> bool:
    return _recording.get()


def as_variable(value: Any) -> Variable:
    return value if isinstance(value, Variable) else Variable(value)


def _differentiate(
    output: Variable, gradient: Variable | np.ndarray | None, create_graph: bool
) -> Iterator[tuple[Variable, Variable]]:
    """Every Variable behind ``output`` with its total gradient, as soon as all its users have given theirs."""
    gradient = as_variable(np.ones_like(output.data) if gradient is None else gradient)
    if gradient.shape != output.shape:
        raise ValueError(f"a gradient of shape {gradient.shape} was given for an output of shape {output.shape}")
    pending = {output: gradient}
    for function in history(output):
        y = function.output()
        if y not in pending:  # it went into no differentiable place
            continue
        dy = pending.pop(y)
        with recording(create_graph):
            for x, dx in zip(function.inputs, function.gradients(dy), strict=True):
                if dx is not None:
                    pending[x] = pending[x] + dx if x in pending else dx
        yield y, dy
    yield from pending.items()


def history(output: Variable) -> list[Function]:
    """The functions behind ``output``, every one after all that use its result."""
    found: dict[Function, None] = {}  # a set would order them by chance, and with them the sums of gradients
    open_ends = [output.creator]
    while open_ends:
        function = open_ends.pop()
        if function is not None and function not in found:
            found[function] = None
            open_ends += [x.creator for x in function.inputs]
    return sorted(found, key=lambda function: function.generation, reverse=True)
