"""Sizes of a sliding window, shared by convolution and pooling."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.ground.options import check_range

Pair = tuple[int, int]


def pair(name: str, value: int | list[int] | Pair, least: int = 1) -> Pair:
    """Return ``3`` as ``(3, 3)``, two integers as a pair. Raises ValueError, naming the option, for ones too small."""
    values = (value, value) if isinstance(value, int) else tuple(value)
    if len(values) != 2 or not all(isinstance(v, int) for v in values):
        raise ValueError(f"{name}: {value!r} is neither an integer nor two of them")
    for each in values:
        check_range(name, each, f"[{least}, inf)")
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
        """How many outputs fit; less than 1 if the kernel is larger than its input."""
        return (self.size + 2 * self.padding - self.reach) // self.stride + 1

    def valid(self, tap: int) -> tuple[slice, slice]:
        """Return the outputs for which ``tap`` reads inside the input, and the inputs that it reads for them."""
        shift = tap * self.dilation - self.padding
        first = max(0, -(shift // self.stride))
        last = min(self.outputs, (self.size - 1 - shift) // self.stride + 1)
        if last <= first:
            return slice(0, 0), slice(0, 0)
        start = first * self.stride + shift
        return slice(first, last), slice(start, start + (last - first - 1) * self.stride + 1, self.stride)

    @property
    def transposed(self) -> Window:
        """Return the window that carries the gradient back: it reads the outputs and gives the inputs. For stride 1."""
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
