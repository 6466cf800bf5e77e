"""Turns objects into the declarations that make them, so that a configuration can be saved and sent to workers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trainer import models
from trainer.ground.errors import ConfigError
from trainer.ground.targets import OWN_PACKAGES, options
from trainer.ground.values import child

PLAIN = (str, bool, int, float, type(None))


def declared(value: Any, key: str, trusted: set[str]) -> Any:
    """Return `value` as YAML could hold it: objects as `{_target_: class, option: value, ...}`, tuples as lists.

    The options of an object are its attributes that are named like arguments of its constructor, or what its method
    `declaration` returns; default values are left out. A `_target_` may be a class instead of its name.

    Args:
        value: Plain values, objects, and mappings and sequences of them.
        key: Its place in the configuration, for errors.
        trusted: Receives the packages besides ours whose objects or classes were given; a name alone is not trusted.

    Raises:
        ConfigError: An object does not keep an option, or its class cannot be found by name.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _option(name, item, child(key, name), trusted) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [declared(item, child(key, index), trusted) for index, item in enumerate(value)]
    if isinstance(value, type) or type(value).__module__ == "builtins" or isinstance(value, np.ndarray):
        raise _mistake(f"{value!r} is neither a plain value nor an object of a class of layers or the like", key)
    return _declaration(value, key, trusted)


def _option(name: Any, value: Any, key: str, trusted: set[str]) -> Any:
    is_class = name == "_target_" and isinstance(value, type)
    return _path(value, key, trusted) if is_class else declared(value, key, trusted)


def _declaration(thing: Any, key: str, trusted: set[str]) -> dict[str, Any]:
    kind = type(thing)
    given = thing.declaration() if hasattr(thing, "declaration") else {}
    for name, parameter in {} if given else options(kind).items():
        if not hasattr(thing, name):
            problem = f"{kind.__name__} keeps no attribute {name}, so its option is not known"
            raise _mistake(f"{problem}; keep it, or declare the object as a mapping with _target_", key)
        given[name] = getattr(thing, name)
        if given[name] is parameter.default or _same(given[name], parameter.default):
            del given[name]
    return {"_target_": _path(kind, key, trusted)} | declared(given, key, trusted)


def _same(value: Any, default: Any) -> bool:
    """Whether both are the same plain value: 1 is not true."""
    return isinstance(value, PLAIN) and type(value) is type(default) and value == default


def _mistake(problem: str, key: str) -> ConfigError:
    """Return the error. Its place is the key itself: no file and no override holds an object."""
    return ConfigError(problem, key, place=key)


def _path(kind: type, key: str, trusted: set[str]) -> str:
    """Return the `_target_` of a class, and trust its package from now on."""
    if getattr(models, kind.__name__, None) is kind:
        return f"models.{kind.__name__}"
    if "." in kind.__qualname__:
        problem = f"the class {kind.__qualname__} is inside something else, where it cannot be found by name"
        raise _mistake(f"{problem}; define it at the top of a module or notebook", key)
    module = kind.__module__
    if (package := module.partition(".")[0]) not in OWN_PACKAGES:
        trusted.add(package)
    for package in ("models", "datasets"):
        if f"{module}.".startswith(f"trainer.{package}."):
            module = module.removeprefix("trainer.")
    return f"{module}.{kind.__qualname__}"
