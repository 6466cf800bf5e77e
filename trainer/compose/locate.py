"""Where a key of the composed configuration was written: the override, or file and line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from hydra import initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import RunMode

from trainer import CONFIGS


def override_of(key: str, overrides: Sequence[str]) -> str | None:
    """Returns the last override that set `key` or a mapping around it; `optimizer=sgd` only chooses a file."""
    for override in reversed(overrides):
        name = _name(override)
        if key == name or (key.startswith(f"{name}.") and not (CONFIGS / name).is_dir()):
            return override
    return None


def override_in(key: str, overrides: Sequence[str]) -> str | None:
    """Returns the last override that set something in the mapping `key`."""
    return next((override for override in reversed(overrides) if _name(override).startswith(f"{key}.")), None)


def _name(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]


def line_of(key: str, overrides: Sequence[str]) -> str | None:
    """Returns "configs/model/lenet5.yaml:6", the place of `key` in the last composed file that has it.

    An absent key is looked for in the mappings around it, innermost first.
    """
    files = composed_files(overrides)
    parts = key.split(".") if key else []
    for length in range(len(parts), 0, -1):
        for file, package in reversed(files):
            if parts[: len(package)] == package and (line := _find(file, parts[len(package) : length])):
                return f"{shown(file)}:{line}"
    return None


def composed_files(overrides: Sequence[str]) -> list[tuple[Path, list[str]]]:
    """Returns the files which Hydra composes, in order of merging, each with the key under which its content is put."""
    with hydra_ready() as needed:
        loader = GlobalHydra.instance().config_loader()
        folders = [Path(source.path) for source in loader.get_sources() if source.scheme() == "file"]
        try:
            defaults = loader.compute_defaults_list("config", [*overrides, *needed], RunMode.RUN).defaults
        except HydraException:
            return []
    composed = []
    for default in defaults:
        paths = (folder / f"{default.config_path}.yaml" for folder in folders)
        if file := next((path for path in paths if path.is_file()), None):
            composed.append((file, default.package.split(".") if default.package else []))
    return composed


@contextmanager
def hydra_ready() -> Iterator[list[str]]:
    """The context in which Hydra composes, with the overrides it needs: in a run there is one with all its folders."""
    if GlobalHydra.instance().is_initialized():
        yield []
    else:
        own = config_dir()
        with initialize_config_dir(str(CONFIGS), version_base="1.3"):
            yield [f"hydra.searchpath=['file://{own}']"] if own else []


def config_dir() -> Path | None:
    """Returns the folder of the user's own configuration, which the command line gives with --config-dir."""
    given = get_args_parser().parse_known_args()[0].config_dir
    return Path(given).absolute() if given else None


def shown(file: Path) -> str:
    """Returns the path as users know it: from the folder of configs on, or from where they are."""
    folder = CONFIGS.parent if file.is_relative_to(CONFIGS) else Path.cwd()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def _find(file: Path, parts: list[str]) -> int | None:
    """Returns the 1-based line of a nested key in a YAML file."""
    line, node = 1, yaml.compose(file.read_text(encoding="utf-8"))
    for part in parts:
        if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        match = next(((name, value) for name, value in pairs if name.value == part), None)
        if match is None:
            return None
        line, node = match[0].start_mark.line + 1, match[1]
    return line
