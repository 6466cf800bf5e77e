"""Checks of options, shared by the classes a configuration names."""


def check_range(option: str, value: float, interval: str) -> None:
    """Raise ValueError, naming the option, unless value is a number in the interval, written like "[0, 1)"."""
    low, high = (float(bound) for bound in interval[1:-1].split(","))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{option}: {value!r} is not a number")
    above = value >= low if interval[0] == "[" else value > low
    below = value <= high if interval[-1] == "]" else value < high
    if not (above and below):  # so NaN fails as well
        raise ValueError(f"{option}: {value} is not in {interval}")
