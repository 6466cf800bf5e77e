"""Names chosen by patterns, such as `*.bias`."""

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase


def select(pattern: str, names: Iterable[str], kind: str) -> list[str]:
    """Return the names that a shell-style pattern matches as a whole: `*` any text, `?` one character, `[ab]` a or b.

    Args:
        pattern: `conv1.weight`, `*.bias`, `norm*`.
        names: All there are, in order.
        kind: What they are the names of, for the error.

    Raises:
        ValueError: It matches none; names the nearest one.
    """
    names = list(names)
    if found := [name for name in names if fnmatchcase(name, pattern)]:
        return found
    nearest = difflib.get_close_matches(pattern, names, n=1, cutoff=0)
    raise ValueError(f"'{pattern}' matches no {kind}" + "".join(f"; the nearest is '{name}'" for name in nearest))
