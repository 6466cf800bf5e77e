"""An exception from a user's own class, in one line."""

import traceback
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

from trainer.ground.errors import UserError


class OwnCodeError(UserError):
    """A user-defined layer, loss, data set, optimizer or callback has failed; names file and line."""


def in_own_code(error: BaseException, packages: Iterable[str]) -> OwnCodeError | None:
    """Return `error` as one line: the user's file and line, class and method, the layer, and the shapes it was given.

    Args:
        error: As it was caught.
        packages: The user's, as in `allow`.

    Returns:
        The error; None if no code of these packages took part.
    """
    frames = [*traceback.walk_tb(error.__traceback__)]
    own = [(frame, line) for frame, line in frames if _is_of(frame, packages)]
    if not own:
        return None
    within, line = own[-1]
    methods = [frame for frame, _ in own if "self" in frame.f_locals]
    method = methods[-1] if methods else within
    key = next(filter(None, (_key(frame) for frame, _ in reversed(frames))), "")
    owner = f"{type(method.f_locals['self']).__name__}." if methods else ""
    said = ": ".join(filter(None, (type(error).__name__, str(error))))
    what = f"{owner}{method.f_code.co_name}{f' of {key}' if key else ''}: {said}"
    place = f"{_shown(Path(within.f_code.co_filename))}:{line}"
    return OwnCodeError(what + _shapes(method), place=place)


def _is_of(frame: FrameType, packages: Iterable[str]) -> bool:
    module = frame.f_globals.get("__name__", "")
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def _key(frame: FrameType) -> str:
    """Return the configuration's key of what a frame of ours deals with; empty if it does not say."""
    if not frame.f_globals.get("__name__", "").startswith("trainer."):
        return ""
    known = frame.f_locals
    if name := getattr(known.get("callback"), "name", ""):
        return f"callbacks.{name}"
    key = known.get("key") or getattr(known.get("node"), "key", "")
    return key if isinstance(key, str) else ""


def _shapes(method: FrameType) -> str:
    """Return the shapes among a method's arguments."""
    code = method.f_code
    arguments = {name: method.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]}
    shapes = {name: shape for name, value in arguments.items() if name != "self" and (shape := _shape(value))}
    return f" ({', '.join(f'{name}: {shape}' for name, shape in shapes.items())})" if shapes else ""


def _shape(value: Any) -> str:
    shape = value if isinstance(value, tuple) else getattr(value, "shape", None)
    if isinstance(shape, tuple) and all(isinstance(size, int) for size in shape):
        return "x".join(map(str, shape))
    return ""


def _shown(file: Path) -> str:
    return file.relative_to(Path.cwd()).as_posix() if file.is_relative_to(Path.cwd()) else str(file)
