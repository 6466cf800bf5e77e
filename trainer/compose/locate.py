"""Where a key of the composed configuration was written: the override, or file and line."""

from collections.abc import Sequence
from pathlib import Path

import yaml
from omegaconf import DictConfig

from trainer import CONFIGS
from trainer.compose import configure
from trainer.ground.overrides import parts


def override_of(key: str, overrides: Sequence[str]) -> str | None:
    """Return the last override that set `key` or a mapping around it; `optimizer=sgd` only chooses a file."""
    for override in reversed(overrides):
        name = parts(override).key
        if key == name or (key.startswith(f"{name}.") and not (CONFIGS / name).is_dir()):
            return override
    return None


def override_in(key: str, overrides: Sequence[str]) -> str | None:
    """Return the last override that set something in the mapping `key`."""
    return next((override for override in reversed(overrides) if parts(override).key.startswith(f"{key}.")), None)


def line_of(key: str, overrides: Sequence[str], folders: Sequence[Path] = (), around: bool = True) -> str | None:
    """Return "configs/model/lenet5.yaml:6", the place of `key` in the last composed file that has it.

    An absent key is looked for in the mappings `around` it, innermost first. `overrides` and `folders` (of
    configurations besides ours) are those of the command line.
    """
    files = configure.files(overrides, folders)
    parts = key.split(".") if key else []
    for length in range(len(parts), 0 if around else len(parts) - 1, -1):
        for file, package in reversed(files):
            if parts[: len(package)] == package and (line := _find(file, parts[len(package) : length])):
                return f"{shown(file)}:{line}"
    return None


def folders_of(hydra: DictConfig) -> list[Path]:
    """Return the folders of configurations besides ours that a run was given: `hydra` is Hydra's own node."""
    files = [Path(source.path) for source in hydra.runtime.config_sources if source.schema == "file"]
    return [folder for folder in files if folder != CONFIGS]


def shown(file: Path) -> str:
    """Return the path as users know it: relative to the folder of configs, or to the current one."""
    folder = CONFIGS.parent if file.is_relative_to(CONFIGS) else Path.cwd()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def _find(file: Path, parts: list[str]) -> int | None:
    """Return the 1-based line of a nested key in a YAML file."""
    line, node = 1, yaml.compose(file.read_text(encoding="utf-8"))
    for part in parts:
        if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        match = next(((name, value) for name, value in pairs if part in (name.value, _read(name))), None)
        if match is None:
            return None
        line, node = match[0].start_mark.line + 1, match[1]
    return line


def _read(name: yaml.Node) -> str | None:
    """Return how a key spells the name that YAML reads here: on is True."""
    text = name.value
    return str(yaml.safe_load(text)) if isinstance(text, str) and not name.tag.endswith(":str") else None
