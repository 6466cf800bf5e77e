"""Packages that export the classes in their files, so that a new file needs no entry anywhere."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def export(namespace: dict[str, Any], *kinds: type) -> list[str]:
    """Put the public classes of these kinds, from every module of a package, into its namespace; their names."""
    names = []
    for module in iter_modules(namespace["__path__"], f"{namespace['__name__']}."):
        for name, found in vars(import_module(module.name)).items():
            own = isinstance(found, type) and found.__module__ == module.name
            if own and issubclass(found, kinds) and not name.startswith("_"):
                namespace[name] = found
                names.append(name)
    return names
