"""From `_target_` to object: the only way in which a configuration names a class."""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from trainer.ground.errors import ForeignError
from trainer.ground.values import ConfigError, check, child, describe, nearest, suggestion

OWN_PACKAGES = ("models", "datasets", "trainer")
PLACES = {
    "models": "trainer.models",
    "datasets": "trainer.datasets",
    "trainer.optimizers": "trainer.training.optimizers",
    "trainer.schedules": "trainer.training.schedules",
    "trainer.callbacks": "trainer.training.callbacks",
    "trainer.loggers": "trainer.training.loggers",
    "trainer.parallel": "trainer.engine.processes",
}
"""Where packages are, by their names in configurations: short names, which stay the same when code moves."""

NAMING = (*PLACES, "models.losses", "models.initializers", "trainer.problems")
"""Packages whose classes configurations name, for suggestions."""

Bases = type | tuple[type, ...]

_hints = cache(get_type_hints)  # which would evaluate them each time, in 50 µs


def instantiate(spec: Mapping[str, Any], base: Bases, key: str, *, allow: tuple[str, ...] = (), **extra: Any) -> Any:
    """Return the object that `spec` describes: `_target_` names its class, the rest are options of its constructor.

    Options that are mappings with a `_target_` themselves become objects first, except those which the class names in
    `raw_options` because it builds them itself.

    Args:
        spec: Resolved mapping, not changed.
        base: Class, or one of several, which the target must inherit from.
        key: Dotted key of `spec` in the configuration, for errors.
        allow: Packages besides ours whose classes may be named.
        extra: Options that come from the program, not from the configuration.

    Raises:
        ConfigError: No such class, wrong kind of class, unknown, missing or unfit option.
    """
    target = resolve(spec, base, key, allow)
    given = check_options(target, spec, key, extra)
    annotations = _annotations(target)
    raw = getattr(target, "raw_options", ())
    for name, value in given.items():
        annotation = annotations.get(name, Any)
        if name not in raw:
            value = _build(value, annotation, child(key, name), allow)
        given[name] = check(value, annotation, child(key, name))
    try:
        return target(**given, **extra)
    except ValueError as error:
        raise at_fault(error, target, given, key) from error


def check_options(target: type, spec: Mapping[str, Any], key: str, extra: Collection[str] = ()) -> dict[str, Any]:
    """Return the options of a spec by name, after checking that its class has them all and lacks none.

    Raises:
        ConfigError: One is unknown or missing.
    """
    given = {name: value for name, value in spec.items() if name != "_target_"}
    accepted = options(target)
    for name in given:
        if name not in accepted or name in extra:
            hint = suggestion(name, [option for option in accepted if option not in extra]) or "; it has none"
            raise ConfigError(f"{target.__name__} has no option '{name}'{hint}", child(key, name))
    for name, parameter in accepted.items():
        if parameter.default is parameter.empty and name not in given and name not in extra:
            raise ConfigError(f"{target.__name__} needs the option '{name}'", key)
    return given


def at_fault(error: ValueError, target: type, given: Collection[str], key: str) -> ConfigError:
    """Return the error for a ValueError that begins with the option, such as "lr: -1 is not in [0, inf)".

    Of an option that is a mapping, it may name a part: "augment.flip: ...".
    """
    name, _, problem = str(error).partition(": ")
    if name.partition(".")[0] in given:
        return ConfigError(f"{target.__name__}: {problem}", child(key, name))
    return ConfigError(f"{target.__name__}: {error}", key)


def maker(base: Bases, allow: tuple[str, ...] = ()) -> Callable[[Mapping[str, Any], str], Any]:
    """Return `make(spec, key)`: `instantiate` for one kind of object, for code that does not know the configuration."""
    return lambda spec, key: instantiate(spec, base, key, allow=allow)


def resolve(spec: Mapping[str, Any], base: Bases, key: str, allow: tuple[str, ...] = ()) -> type:
    """Return the class that `spec["_target_"]` names, a subclass of `base`. Raises ConfigError."""
    bases = base if isinstance(base, tuple) else (base,)
    wanted = " or ".join(map(describe, bases))
    place = child(key, "_target_")
    if not isinstance(spec, Mapping) or not isinstance(path := spec.get("_target_"), str):
        named = isinstance(spec, Mapping) and "_target_" in spec
        raise ConfigError(f"it names no class; give it the _target_ of {wanted}", place if named else key)
    module_name, _, name = path.rpartition(".")
    package = path.partition(".")[0]
    if package == "__main__" and not hasattr(sys.modules[package], name):
        problem = "the class was defined in a notebook or script"
        raise ConfigError(f"{path}: {problem}; load the run there, or put the class into a module and train", place)
    if package not in OWN_PACKAGES and not any(f"{path}.".startswith(f"{allowed}.") for allowed in allow):
        if not module_name:
            remedy = f"did you mean '{ours}'?" if (ours := _ours(name, bases)) else f"write my_package.{name}"
            raise ConfigError(f"{path}: a class is named with its package; {remedy}", place)
        raise ForeignError(f"{path}: only classes of {', '.join(OWN_PACKAGES)} may be named", package, place)
    module = _import(module_name, path, place)
    target = getattr(module, name, None)
    if target is None:
        classes = sorted(n for n, kind in vars(module).items() if _is_kind(kind, bases) and not n.startswith("_"))
        raise ConfigError(f"{module_name} has no class '{name}'{suggestion(name, classes)}", place)
    if not _is_kind(target, bases):
        raise ConfigError(f"{path} is not {wanted}", place)
    if inspect.isabstract(target):
        if package in OWN_PACKAGES:
            raise ConfigError(f"{path} is abstract; name one of its subclasses", place)
        missing = " and ".join(sorted(target.__abstractmethods__))
        raise ConfigError(f"{path} does not define {missing}, as {wanted} must", place)
    return target


def _ours(name: str, bases: tuple[type, ...]) -> str | None:
    """Return the `_target_` of our class with this name or a similar one, if it is of the wanted kind."""
    known: dict[str, str] = {}
    for package in NAMING:
        for each, kind in vars(importlib.import_module(_renamed(package, PLACES))).items():
            if _is_kind(kind, bases) and kind.__module__.startswith("trainer.") and not inspect.isabstract(kind):
                known.setdefault(each, f"{package}.{each}")
    return known.get(nearest(name, known) or "")


def options(target: type) -> dict[str, inspect.Parameter]:
    """Return the named parameters of the constructor of `target`."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: p for name, p in inspect.signature(target).parameters.items() if p.kind in named}


def _is_kind(target: Any, bases: tuple[type, ...]) -> bool:
    return isinstance(target, type) and issubclass(target, bases)


def _import(module_name: str, path: str, place: str) -> Any:
    try:
        return importlib.import_module(_renamed(module_name, PLACES))
    except ModuleNotFoundError as error:
        missing = _renamed(error.name or "", {place: name for name, place in PLACES.items()})
        if missing and f"{module_name}.".startswith(f"{missing}."):
            parent, _, name = missing.rpartition(".")
            package = importlib.import_module(_renamed(parent, PLACES)) if parent else None
            siblings = [module.name for module in pkgutil.iter_modules(getattr(package, "__path__", ()))]
            siblings += [place.removeprefix(f"{parent}.") for place in PLACES if place.startswith(f"{parent}.")]
            hint = suggestion(name, [module for module in siblings if nearest(name, [module])])
            raise ConfigError(f"{path}: no module '{missing}'{hint}", place) from error
        raise ConfigError(f"{path}: {error.msg}; it needs that package installed", place) from error
    except (ValueError, ImportError) as error:
        raise ConfigError(f"{path}: cannot be imported: {error}", place) from error


def _renamed(name: str, names: Mapping[str, str]) -> str:
    """Return a module's name with its first package renamed."""
    for old, new in names.items():
        if f"{name}.".startswith(f"{old}."):
            return new + name[len(old) :]
    return name


def _annotations(target: Any) -> dict[str, Any]:
    try:
        return _hints(target.__init__)
    except NameError:  # names imported for type checkers only
        return {}


def _build(value: Any, annotation: Any, key: str, allow: tuple[str, ...]) -> Any:
    """Replace specs inside an option by their objects, of the classes that its annotation mentions."""
    if isinstance(value, Mapping):
        if "_target_" in value:
            return instantiate(value, _classes(annotation) or object, key, allow=allow)
        return {name: _build(item, annotation, child(key, name), allow) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_build(item, annotation, child(key, index), allow) for index, item in enumerate(value)]
    return value


def _classes(annotation: Any) -> tuple[type, ...]:
    if isinstance(annotation, type) and not get_args(annotation):
        return () if annotation.__module__ == "builtins" else (annotation,)
    return tuple(kind for argument in get_args(annotation) for kind in _classes(argument))
