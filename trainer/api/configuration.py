"""`configure`: from overrides and Python values to a checked configuration."""

import copy
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from trainer import CONFIGS
from trainer.api.declaration import declared
from trainer.compose import errors
from trainer.compose.configure import DictConfig, Override, compose, parse, replaced, without_hydra
from trainer.compose.own_files import readable
from trainer.compose.preflight import check
from trainer.compose.schema import validate
from trainer.ground.errors import ConfigError
from trainer.ground.overrides import quoted, with_quotes
from trainer.ground.values import child, suggestion
from trainer.models import Sequential

REFUSED = {
    "hydra": "it configures the command line; train(config, directory) says where the results go",
    "resume": "a run is resumed from the command line: python -m trainer resume=DIR",
    "task": "a configuration made in Python is for training; use python -m trainer",
}
WORDS = ("null", "true", "false", "nan", "inf")  # not text unless quoted


class Section(Mapping[str, Any]):
    """A part of a configuration, read by key or as an attribute: `config["optimizer"]["lr"]`, `config.optimizer.lr`.

    It cannot be changed. A key that is also a method of mappings (`items`, `keys`, ...) is read by key.
    """

    _own: tuple[str, ...] = ("_values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._own:  # else it would look changed, and train as before
            raise TypeError(f"a configuration cannot be changed; make another one: configure(..., {name}=...)")
        super().__setattr__(name, value)

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        return Section(value) if isinstance(value, dict) else copy.copy(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._values:
            return self[name]
        raise AttributeError(f"no option '{name}'" + ("" if name.startswith("_") else suggestion(name, self._values)))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __str__(self) -> str:
        """As YAML."""
        return yaml.safe_dump(json.loads(json.dumps(self._values)), sort_keys=False, allow_unicode=True).rstrip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """Return a copy as plain dictionaries."""
        return copy.deepcopy(self._values)


class Configuration(Section):
    """A checked configuration, as `configure` returns it: everything it describes can be built.

    Attributes:
        name: Model and data, such as "lenet5-digits"; "custom" for one that was given as a Python value.
        overrides: What was asked for, as on the command line.
    """

    _own = ("_values", "name", "overrides", "places")

    def __init__(self, values: dict[str, Any], name: str, overrides: tuple[str, ...], places: "Places") -> None:
        super().__init__(values)
        self.name, self.overrides, self.places = name, overrides, places

    def __repr__(self) -> str:
        return f"<Configuration {self.name}: {' '.join(self.overrides) or 'as in configs/config.yaml'}>"


class Places:
    """Where the keys of a configuration were written.

    Args:
        overrides: As on the command line.
        folders: With configurations besides ours.
        whole: Keys whose values were given in Python, so that they are in no file.
    """

    def __init__(self, overrides: Sequence[str], folders: Sequence[Path], whole: Sequence[str]) -> None:
        self.overrides, self.folders, self.whole = overrides, folders, whole

    @contextmanager
    def located(self) -> Iterator[None]:
        """Within, errors read as on the command line: one line that names the place.

        Exceptions of Hydra, OmegaConf and YAML become a ConfigError.
        """
        try:
            yield
        except errors.USER_ERRORS as error:
            key = getattr(error, "key", "")
            if any(f"{key}.".startswith(f"{whole}.") for whole in self.whole):
                error.place = error.place or key
            located = errors.located(error, self.overrides, self.folders)
            if located is error:
                raise
            raise located from error


def configure(*overrides: str, config_dir: Path | str | None = None, **values: Any) -> Configuration:
    """Return the checked configuration that the overrides ask for; everything else is as in configs/.

    `configure("model=lenet5", "optimizer.lr=0.01", epochs=3, limit={"train": 1000})`. The result depends on
    nothing else: not on `sys.argv`, and not on what a program does with Hydra. No data is read.

    Args:
        overrides: As on the command line.
        config_dir: Folder of your own YAML files, as --config-dir.
        values: Overrides as Python values; they win over `overrides`. `optimizer="sgd"` chooses from a group. A mapping
            sets the options that it names: `optimizer={"lr": 0.1}` is `"optimizer.lr=0.1"`. A mapping with a
            `_target_`, a model with `layers`, and an object such as `models.Sequential({...})` or `SGD(lr=0.1)` replace
            everything under their key. Keys with dots: `**{"optimizer.lr": 0.1}`. An object is kept as its class and
            options (see `trainer.api.declaration.declared`), and its package is trusted as with `allow`.

    Raises:
        ConfigError, GraphError: Something does not fit. The text is the one line that the command line shows.
    """
    if wrong := next((each for each in overrides if not isinstance(each, str)), None):
        raise TypeError(f"configure takes overrides such as 'model=mlp', each by itself, not {wrong!r}")
    given = [*map(with_quotes, overrides)]
    whole: dict[str, Any] = {}
    trusted: set[str] = set()
    places = Places(given, [Path(config_dir).absolute()] if config_dir else [], [])
    with places.located():
        for key, value in values.items():
            _take(key, value, given, whole, trusted)
        places.whole = [*whole]
        parsed = parse(given)
        for override in parsed:
            _refuse(override)
        with readable(places.folders):
            composed = compose(given, places.folders)
        chosen = composed.hydra.runtime.choices
        name = "-".join("custom" if group in whole else str(chosen.get(group)) for group in ("model", "data"))
        config = _checked(without_hydra(composed), whole, given, sorted(trusted))
    return Configuration(config, name, tuple(given), places)


def _checked(
    composed: DictConfig, whole: dict[str, Any], given: Sequence[str], trusted: Sequence[str]
) -> dict[str, Any]:
    """Return the composed configuration with the values in `whole`, checked by building what it describes."""
    allowed = {"allow": [*composed.allow, *trusted]} if trusted else {}
    config = validate(replaced(composed, whole | allowed), [*given, "allow="] if trusted else given)
    if "__main__" in config["allow"]:
        _in_this_process(config)
    check(config)
    return config


def _in_this_process(config: dict[str, Any]) -> None:
    """Set one worker: further ones do not import `__main__`, so they would not find a class defined there."""
    if config["parallel"].get("workers", "auto") not in ("auto", 1):
        problem = "only one worker finds classes that are defined in a notebook or script; put them into a module"
        raise ConfigError(problem, "parallel.workers")
    config["parallel"]["workers"] = 1


def _take(key: str, value: Any, overrides: list[str], whole: dict[str, Any], trusted: set[str]) -> None:
    """Add a value to `overrides` or, if it replaces all under its key, to `whole`; `trusted` as in `declared`."""
    if key == "model" and isinstance(value, Sequential):
        value = {"layers": value.layers}
    if isinstance(value, Mapping) and "_target_" not in value and not (key == "model" and "layers" in value):
        for name, item in value.items():
            _take(child(key, name), item, overrides, whole, trusted)
        return
    plain = declared(value, key, trusted)
    if isinstance(plain, dict) or (isinstance(plain, list) and any(isinstance(item, dict | list) for item in plain)):
        whole[key] = plain
    else:
        overrides.append(f"{key.replace('.', '/') if _is_group(key, plain) else key}={_text(plain)}")


def _is_group(key: str, value: Any) -> bool:
    return isinstance(value, str) and (CONFIGS / key.replace(".", "/")).is_dir()


def _text(value: Any) -> str:
    """Return a plain value, or a list of them, as an override spells it."""
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, str):
        word = value.replace(".", "").replace("_", "").replace("/", "").replace("-", "")
        bare = word.isascii() and word.isalnum() and value[0].isalpha() and value.lower() not in WORDS
        return value if bare else quoted(value, interpolated=True)
    return {"True": "true", "False": "false", "None": "null"}.get(repr(value), repr(value))


def _refuse(override: Override) -> None:
    """Raise ConfigError for what only the command line can do."""
    key, value = override.key_or_group, override.value()
    if override.is_sweep_override():
        return  # composing refuses it
    if (CONFIGS / key).is_dir() and not override.is_delete() and not isinstance(value, str | dict):
        raise ConfigError("a choice is written GROUP=NAME; ~GROUP leaves one out", key)
    reason = REFUSED.get(key.replace("/", ".").partition(".")[0])
    if reason and (key, value) not in (("task", "train"), ("resume", None)):
        raise ConfigError(reason, key)
