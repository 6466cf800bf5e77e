"""The pictures of a run, one a file. A new file in this folder is a new picture; nothing else names them.

Each has a docstring whose first line says what it shows, and a function

    def draw(subject: Subject) -> Figure

that raises `UnsuitableError` for runs that cannot have it. A film has, beside it, `film(subject, path)`, which writes a
GIF.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def names() -> list[str]:
    """Return the names of all pictures."""
    return sorted(module.name for module in iter_modules(__path__))


def find(name: str) -> ModuleType:
    """Return the module of a picture."""
    return import_module(f"{__name__}.{name}")


def describe(name: str) -> str:
    """Return what a picture shows, in one line."""
    return (find(name).__doc__ or "").partition("\n")[0]
