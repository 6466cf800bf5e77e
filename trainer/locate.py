"""Where a key of the composed configuration was written: the override, or file and line."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import RunMode

from trainer import CONFIGS


def override_of(key: str, overrides: Sequence[str]) -> str | None:
    """Returns the last override that set `key` or a mapping around it; `optimizer=sgd` only chooses a file."""
    for override in reversed(overrides):
        name, _, _ = override.lstrip("+~").partition("=")
        if key == name or (key.startswith(f"{name}.") and not (CONFIGS / name).is_dir()):
            return override
    return None


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
    with hydra_ready():
        loader = GlobalHydra.instance().config_loader()
        folders = [Path(source.path) for source in loader.get_sources() if source.scheme() == "file"]
        try:
            defaults = loader.compute_defaults_list("config", list(overrides), RunMode.RUN).defaults
        except HydraException:
            return []
    composed = []
    for default in defaults:
        paths = (folder / f"{default.config_path}.yaml" for folder in folders)
        if file := next((path for path in paths if path.is_file()), None):
            composed.append((file, default.package.split(".") if default.package else []))
    return composed


def hydra_ready() -> AbstractContextManager:
    """Returns the context in which Hydra composes: inside a job there is one already, with all its folders."""
    if GlobalHydra.instance().is_initialized():
        return nullcontext()
    return initialize_config_dir(str(CONFIGS), version_base="1.3")


def shown(file: Path) -> str:
    """Returns the path as users know it: from the folder of configs on."""
    return file.relative_to(CONFIGS.parent).as_posix() if file.is_relative_to(CONFIGS) else str(file)


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
