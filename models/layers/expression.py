"""Layers that are written without a derivative, which autograd computes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from trainer.models.autograd import Variable, grad, no_grad
from trainer.models.autograd.formula import CONSTANTS, FUNCTIONS, Formula
from trainer.models.autograd.variable import recording
from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.initializers import Constant
from trainer.models.layer import Layer, Parameter
from trainer.models.shape import Shape, format_shape


class AutogradLayer(Layer):
    """A layer that defines ``output_shape``, ``parameters`` and ``function``, but no backward.

    ``function`` computes with Variables whose arrays have the batch first, (N, C, H, W) or (N, F), as everywhere in
    :mod:`models.autograd`. It is recorded again at every step and so, unlike other layers, allocates memory.
    """

    @abstractmethod
    def function(self, parameters: SimpleNamespace, *inputs: Variable) -> Variable:
        """Return the output (N, *output_shape) of inputs (N, *shape); each parameter is a Variable under its name."""

    def forward(self, ctx: Context, *inputs: np.ndarray) -> np.ndarray:
        record = ctx.once("record", SimpleNamespace)
        record.__dict__.clear()  # frees the last step's arrays before this one's are made
        record.inputs = [Variable(np.moveaxis(x, -1, 0)) for x in inputs]
        record.parameters = SimpleNamespace(**{name: Variable(p) for name, p in vars(ctx.params).items()})
        # Outside training no intermediate results are kept; a backward would compute them again.
        with np.errstate(all="ignore"), recording(ctx.training):  # an infinite loss is reported elsewhere
            output = self.function(record.parameters, *record.inputs)
        record.output = output if ctx.training else None
        shape = ctx.once("output shape", lambda: self.output_shape(*(x.shape[:-1] for x in inputs)))
        if output.shape != (ctx.batch, *shape):
            given = f"{type(self).__name__}.function returns {output.shape}"
            raise GraphError(f"{ctx.name}: {given}, but its output_shape says {(ctx.batch, *shape)}")
        y = ctx.buffer("y", (*shape, ctx.batch))
        np.copyto(y, np.moveaxis(output.data, 0, -1))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> tuple[np.ndarray | None, ...]:
        """Return the gradients that :func:`models.autograd.grad` finds."""
        record = ctx.once("record", SimpleNamespace)
        inputs = record.inputs if ctx.needs_input_gradient else []
        learned = [getattr(record.parameters, name) for name in vars(ctx.grads)]
        with np.errstate(all="ignore"):
            kept = record.output
            output = kept if kept is not None else self.function(record.parameters, *record.inputs)
            gradients = grad(output, [*inputs, *learned], gradient=np.moveaxis(dy, -1, 0))
        for target, gradient in zip(vars(ctx.grads).values(), gradients[len(inputs) :], strict=True):
            np.copyto(target, gradient.data)
        if not inputs:
            return (None,) * len(ctx.inputs)
        for index, gradient in enumerate(gradients[: len(inputs)]):
            np.copyto(ctx.input_gradient(index), np.moveaxis(gradient.data, 0, -1))
        return tuple(ctx.input_gradient(index) for index in range(len(inputs)))


class Expression(AutogradLayer):
    """A formula as a layer, such as ``x * sigmoid(beta * x)``.

    See :class:`models.autograd.formula.Formula` for what a formula may contain; ``sum``, ``mean``, ``max`` and ``min``
    run over each example separately.

    Args:
        formula: The output as an expression of the inputs and the parameters.
        parameters: Learned numbers and their initial values.
        channel_parameters: Likewise, but one number for each channel (or feature of a vector) of the first input.
        names: What the formula calls the inputs, in their order.

    Raises:
        ValueError: The formula or a name is not allowed.

    Shapes: inputs (F, N) or (C, H, W, N), all of one rank; y what the formula gives, by NumPy's broadcasting.
    """

    def __init__(
        self,
        formula: str,
        parameters: Mapping[str, float] | None = None,
        channel_parameters: Mapping[str, float] | None = None,
        names: Sequence[str] = ("x",),
    ) -> None:
        self.scalars, self.channels, self.names = dict(parameters or {}), dict(channel_parameters or {}), tuple(names)
        everything = [*self.names, *self.scalars, *self.channels]
        options = {"names": self.names, "parameters": self.scalars, "channel_parameters": self.channels}
        for option, given in options.items():
            for name in given:
                if not str(name).isidentifier() or name in {**CONSTANTS, **FUNCTIONS} or everything.count(name) > 1:
                    raise ValueError(f"{option}: {name!r} is not a name, or is already taken")
        if not self.names:
            raise ValueError("names: give at least one, such as x")
        self.inputs_required = len(self.names)
        self.formula = Formula(formula, everything)

    def declaration(self) -> dict[str, Any]:
        """Return the constructor's arguments, which are kept under other names."""
        options = {"names": self.names, "parameters": self.scalars, "channel_parameters": self.channels}
        return {"formula": self.formula.text, **options}

    def output_shape(self, *shapes: Shape) -> Shape:
        inputs = " and ".join(map(format_shape, shapes))
        if len({len(shape) for shape in shapes}) > 1 or not shapes[0]:
            raise GraphError(f"Expression needs inputs of one rank, got {inputs}", "bring them to one")
        # Whether shapes broadcast depends on which sizes are equal and which are 1, so small sizes show it as well.
        sizes = [1, *sorted({size for shape in shapes for size in shape} - {1})]
        tiny = [tuple(sizes.index(size) + 1 for size in shape) for shape in shapes]
        generator = np.random.default_rng(0)  # a Constant draws nothing
        declared = self.parameters(*tiny).items()
        parameters = {name: Variable(p.initializer(p.shape, generator)) for name, p in declared}
        try:
            with no_grad(), np.errstate(all="ignore"):
                inputs_of_one = [Variable(np.ones((1, *shape))) for shape in tiny]
                found = self.function(SimpleNamespace(**parameters), *inputs_of_one).shape[1:]
                return tuple(sizes[size - 1] for size in found)
        except ValueError:
            raise GraphError(f"{self.formula.text!r} does not fit {inputs}", "make the shapes alike") from None

    def parameters(self, *shapes: Shape) -> dict[str, Parameter]:
        scalars = {name: Parameter((), Constant(value)) for name, value in self.scalars.items()}
        channels = {name: Parameter(shapes[0][:1], Constant(value)) for name, value in self.channels.items()}
        return {**scalars, **channels}

    def function(self, parameters: SimpleNamespace, *inputs: Variable) -> Variable:
        values = dict(zip(self.names, inputs, strict=True))
        values |= {name: getattr(parameters, name) for name in self.scalars}
        rest = (1,) * (inputs[0].ndim - 2)
        values |= {name: getattr(parameters, name).reshape(-1, *rest) for name in self.channels}
        return self.formula(**values)
