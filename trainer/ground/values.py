"""Checks values against annotations, and describes what is wrong."""

import difflib
import math
import types
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from trainer.ground.errors import ConfigError as ConfigError


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that `word` was probably meant to be: a similar one, or one that it extends or abbreviates."""
    names = list(names)
    similar = difflib.get_close_matches(word, names, n=1)
    related = [name for name in names if name and (word.startswith(name) or name.startswith(word))]
    return similar[0] if similar else max(related, key=len, default=None)


def suggestion(word: str, names: Iterable[str]) -> str:
    """Return the end of an error's line: "did you mean 'p'?", or all there is to choose from."""
    names = [str(name) for name in names]
    if match := nearest(str(word), names):
        return f"; did you mean '{match}'?"
    return f"; choose one of: {', '.join(names)}" if names else ""


def child(key: str, name: object) -> str:
    """Return the dotted key of `name` under `key`."""
    return f"{key}.{name}" if key else str(name)


def flat(config: Any, key: str = "") -> dict[str, Any]:
    """Return a nested configuration as dotted key → value; empty mappings count as values."""
    if not isinstance(config, Mapping) or not config:
        return {key: config}
    return {name: value for part, inner in config.items() for name, value in flat(inner, child(key, part)).items()}


def check(value: Any, annotation: Any, key: str) -> Any:
    """Return `value` as the annotated type: 1 as 1.0 for a float, a list as a tuple. Unknown annotations accept all.

    Raises:
        ConfigError: The value is of another type.
    """
    try:
        return _convert(value, annotation)
    except TypeError:
        _check_items(value, annotation, key)
        names = get_args(annotation) if get_origin(annotation) is Literal else ()
        hint = suggestion(value, names) if isinstance(value, str) and nearest(value, map(str, names)) else ""
        raise ConfigError(f"{_show(value)} is not {describe(annotation)}{hint}", key) from None


def _check_items(value: Any, annotation: Any, key: str) -> None:
    """Raise ConfigError for the item of a mapping that does not fit, if it is that."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(value, Mapping) and get_origin(kind) in (dict, Mapping):
            for name, item in value.items():
                check(item, get_args(kind)[1], child(key, name))


def describe(annotation: Any) -> str:
    """Return an annotation in words: "an integer or a list of 2 integers"."""
    one = {int: "an integer", float: "a number", bool: "true or false", str: "a string", type(None): "null"}
    many = {int: "integers", float: "numbers", bool: "booleans", str: "strings"}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(describe(argument) for argument in arguments)
    if origin is Literal:
        return "one of " + ", ".join(map(_show, arguments))
    if origin in (tuple, list, Sequence):
        length = len(arguments) if origin is tuple and ... not in arguments else None
        return f"a list of {f'{length} ' if length else ''}{many.get(arguments[0], 'values')}"
    if (origin or annotation) in (tuple, list, Sequence):
        return "a list"
    if (origin or annotation) in (dict, Mapping):
        return "a mapping"
    if annotation is Path:
        return "a path"
    name = getattr(annotation, "__name__", str(annotation))
    return one.get(annotation) or f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _show(value: Any) -> str:
    words = {"True": "true", "False": "false", "None": "null"}  # as YAML writes them
    text = words.get(repr(value), repr(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _convert(value: Any, annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return value
    if origin in (Union, types.UnionType):
        return _first(value, arguments)
    if origin is Literal:
        return _require(value, any(value == choice and type(value) is type(choice) for choice in arguments))
    if annotation is int:
        return _require(value, isinstance(value, int) and not isinstance(value, bool))
    if annotation is float:
        number = isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
        return float(_require(value, number))
    if annotation is Path:
        return Path(_require(value, isinstance(value, str | Path)))
    if (origin or annotation) in (tuple, list, Sequence):
        return _convert_items(value, origin or annotation, arguments)
    if (origin or annotation) in (dict, Mapping):
        items = _require(value, isinstance(value, Mapping))
        return {name: _convert(item, arguments[1]) for name, item in items.items()} if arguments else items
    if annotation is None:
        return _require(value, value is None)
    if isinstance(annotation, type) and not getattr(annotation, "_is_protocol", False):
        return _require(value, isinstance(value, annotation))
    return value


def _convert_items(value: Any, kind: Any, arguments: tuple[Any, ...]) -> Any:
    items = _require(value, isinstance(value, list | tuple))
    if kind is tuple and arguments and ... not in arguments:
        _require(value, len(items) == len(arguments))
        return tuple(_convert(item, argument) for item, argument in zip(items, arguments, strict=True))
    converted = [_convert(item, arguments[0]) for item in items] if arguments else list(items)
    return converted if kind is list else tuple(converted)


def _first(value: Any, annotations: Iterable[Any]) -> Any:
    for annotation in annotations:
        try:
            return _convert(value, annotation)
        except TypeError:
            continue
    raise TypeError


def _require(value: Any, fits: bool) -> Any:
    if not fits:
        raise TypeError
    return value
