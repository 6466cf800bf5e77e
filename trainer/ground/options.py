"""Checks of options, shared by the classes a configuration names."""

from numbers import Real


def check_range(option: str, value: float, interval: str, remedy: str = "") -> None:
    """Raise ValueError, naming the option, unless value is a number in the interval, written like "[0, 1)".

    Its text is "p: 2 is not in [0, 1)", followed by the remedy if one is given.
    """
    if fault := out_of_range(value, interval):
        raise ValueError(f"{option}: {fault}" + (f"; {remedy}" if remedy else ""))


def out_of_range(value: float, interval: str) -> str:
    """Return "2 is not in [0, 1)" or the like for a value that is not a number in the interval; else an empty text."""
    low, high = (float(bound) for bound in interval[1:-1].split(","))
    if isinstance(value, bool) or not isinstance(value, Real):
        return f"{value!r} is not a number"
    above = value >= low if interval[0] == "[" else value > low
    below = value <= high if interval[-1] == "]" else value < high
    return "" if above and below else f"{value} is not in {interval}"  # so NaN is refused as well
