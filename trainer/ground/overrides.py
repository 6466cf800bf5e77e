"""Overrides as text: `optimizer.lr=0.1`, `+callbacks.mine={...}`, `~model.layers.drop1`, `hydra/launcher=joblib`.

Here they are only taken apart and put together; `trainer.compose.configure.parse` finds out what they mean.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from trainer import CONFIGS

NEEDS_QUOTES = re.compile(r"[^\w\s/\\\-+.$%*@?|:\[\],]", re.ASCII)
"""What Hydra's grammar does not take in a text without quotes: letters beyond ASCII, parentheses, `=`, `#`, ..."""

_FUNCTIONS = "choice|range|interval|glob|sort|shuffle|tag|int|float|str|bool|json_str|extend_list"
STRUCTURED = re.compile(rf"""['"{{}}]|\\[()\[\]:=, \t]|\b({_FUNCTIONS})\s*\(""")
"""What marks a value whose texts are delimited already: quotes, mappings, escapes, Hydra's functions."""


class Written(NamedTuple):
    """The parts of an override.

    Attributes:
        mark: `+`, `++` or `~` before it, or nothing.
        key: The key of a value or a group.
        value: As written, with its quotes; empty if there is none.
    """

    mark: str
    key: str
    value: str


def parts(override: str) -> Written:
    """Take an override apart. In a text that is not an override, everything is the key."""
    key, _, value = override.partition("=")
    name = key.lstrip("+~")
    return Written(key[: len(key) - len(name)], name, value)


def last(key: str, overrides: Iterable[str]) -> str | None:
    """Return the text that the last override of `key` gives it, without quotes; None if there is no such override."""
    values = [value for _, name, value in map(parts, overrides) if name == key]
    return unquoted(values[-1]) if values else None


def group(argument: str) -> str | None:
    """Return the group that an argument chooses from or leaves out; None if it does something else."""
    mark, key, _ = parts(argument)
    name = key.partition("@")[0]
    if not name or name.startswith(("/", "-")) or not ("=" in argument or mark == "~"):
        return None  # another option, or its value, which may be a path
    return name if (CONFIGS / name).is_dir() else None


def with_quotes(override: str) -> str:
    """Return an override with quotes around each text that Hydra reads only in quotes, as in `data.root=Äpfel (1)`.

    A value with quotes of its own, a mapping or a function such as `range(1,9)` stays as it is.
    """
    mark, key, value = parts(override)
    if not NEEDS_QUOTES.search(value) or STRUCTURED.search(value):
        return override
    texts = re.split(r"([\[\],])", value)
    return f"{mark}{key}=" + "".join(quoted(text.strip()) if NEEDS_QUOTES.search(text) else text for text in texts)


def without_quotes(override: str) -> str:
    """Return an override as a user would type it: undoes `with_quotes`, for a value that is one text."""
    mark, key, value = parts(override)
    typed = f"{mark}{key}={unquoted(value)}"
    return typed if with_quotes(typed) == override else override


def quoted(text: str, interpolated: bool = False) -> str:
    r"""Return `text` as a value that means just this text: in quotes, with `'` in it as `\'`, and `${` as `\${`.

    If it is `interpolated`, `${...}` in it keeps its meaning.
    """
    if not interpolated:
        text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    text = re.sub(r"(\\*)'", r"\1\1\\'", text)
    return "'" + re.sub(r"(\\+)$", r"\1\1", text) + "'"


def unquoted(value: str) -> str:
    """Return the text that a value means, with or without quotes: undoes `quoted`."""
    if len(value) < 2 or value[0] not in "'\"" or value[-1] != value[0]:
        return value
    text = re.sub(r"(\\+)$", lambda found: found[1][::2], value[1:-1])
    return re.sub(rf"(\\+)({value[0]}|\$\{{)", lambda found: found[1][1::2] + found[2], text)
