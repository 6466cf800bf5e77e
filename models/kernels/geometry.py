"""Sizes of a sliding window, shared by convolution and pooling."""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[int, int]


def pair(name: str, value: int | list[int] | Pair, least: int = 1) -> Pair:
    """``3`` as ``(3, 3)``; a sequence of two as it is. Raises ValueError below ``least``."""
    values = (value, value) if isinstance(value, int) else tuple(value)
    if len(values) != 2 or not all(isinstance(v, int) and v >= least for v in values):
        raise ValueError(f"{name} must be an integer of at least {least} or two of them, got {value!r}")
    return values


@dataclass(frozen=True)
class Window:
    """One axis of a sliding window: tap ``j`` of output ``o`` reads input ``o * stride + j * dilation - padding``."""

    size: int  # of the input
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Input positions from the first tap to the last."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def outputs(self) -> int:
        """How many outputs fit; less than 1 where the kernel is larger than its input."""
        return (self.size + 2 * self.padding - self.reach) // self.stride + 1

    def valid(self, tap: int) -> tuple[slice, slice]:
        """Return the outputs for which ``tap`` reads inside the input, and the inputs that they read."""
        shift = tap * self.dilation - self.padding
        first = max(0, -(shift // self.stride))
        last = min(self.outputs, (self.size - 1 - shift) // self.stride + 1)
        if last <= first:
            return slice(0, 0), slice(0, 0)
        start = first * self.stride + shift
        return slice(first, last), slice(start, start + (last - first - 1) * self.stride + 1, self.stride)

    @property
    def transposed(self) -> Window:
        """The window that carries the gradient back: over the outputs, giving the inputs. For stride 1."""
        return Window(self.outputs, self.kernel, 1, self.reach - 1 - self.padding, self.dilation)


@dataclass(frozen=True)
class Geometry:
    """The sizes of a two-dimensional convolution."""

    in_channels: int
    out_channels: int
    rows: Window
    cols: Window

    @property
    def depth(self) -> int:
        """Taps of one output: C · kh · kw."""
        return self.in_channels * self.rows.kernel * self.cols.kernel

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one example."""
        return self.depth * self.out_channels * self.rows.outputs * self.cols.outputs
