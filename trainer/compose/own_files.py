"""Configurations in a user's own folders: what can be wrong with a file as a whole."""

import codecs
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from trainer import CONFIGS
from trainer.compose.locate import shown
from trainer.ground.errors import ConfigError

MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""What files of other encodings begin with; the longer ones first."""


@contextmanager
def readable(folders: Sequence[Path]) -> Iterator[None]:
    """Within, configurations are read from these folders besides ours; a file that cannot be read is a ConfigError.

    If both have a file of the same name, Hydra reads ours. It reads only UTF-8, and misses a first line such as
    `# @package` behind a byte order mark.
    """
    for folder in folders:
        for file in own_files([folder]):
            _check(file, folder)
    try:
        yield
    except UnicodeDecodeError as failure:
        for file in own_files(folders):
            content = file.read_bytes()
            if failure.object not in content:
                continue
            if kind := next((kind for mark, kind in MARKS.items() if content.startswith(mark)), None):
                raise _encoding(file, f"it is {kind}") from None
            line = content.count(b"\n", 0, content.index(failure.object) + failure.start) + 1
            raise _encoding(file, f"line {line} is in another encoding, such as Latin-1") from None
        raise


def _check(file: Path, folder: Path) -> None:
    content = file.read_bytes()
    if content.startswith(codecs.BOM_UTF8):
        raise _encoding(file, "it begins with a byte order mark")
    ours = CONFIGS / file.relative_to(folder) if file.is_relative_to(folder) else None
    if ours is None or not ours.is_file() or ours.read_bytes() == content:
        return
    remedy = f"give it another name than {ours.relative_to(CONFIGS)}"
    if (folder / "overrides.yaml").is_file():
        remedy = f"do that run again with trainer train --like {shlex.quote(str(folder.parent))}"
    raise ConfigError(f"{shown(file)}: is not read, since we have a file of that name; {remedy}")


def _encoding(file: Path, problem: str) -> ConfigError:
    return ConfigError(f"{shown(file)}: {problem}; save it as UTF-8 without a byte order mark")


def unnamed(folders: Sequence[Path]) -> str | None:
    """Return where a mapping has a key that OmegaConf cannot have, such as null, and the remedy; None if nowhere."""
    for file in own_files(folders):
        try:
            root = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        for name in _names(root):
            if not name.tag.endswith((":str", ":int", ":float", ":bool")):
                return f"{shown(file)}:{name.start_mark.line + 1}: {no_name(name.value)}"
    return None


def misshapen(folders: Sequence[Path]) -> str | None:
    """Return where a file has a first line, or defaults, that Hydra cannot read, and the remedy; None if nowhere."""
    for file in own_files(folders):
        try:
            text = file.read_text(encoding="utf-8")
            content = yaml.safe_load(text)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if re.match(r"\s*#\s*@package\s*\n", text):
            return f"{shown(file)}:1: @package needs a key behind it, such as _global_"
        defaults = content.get("defaults", []) if isinstance(content, dict) else []
        if not isinstance(defaults, list) or not all(map(_is_choice, defaults)):
            return f"{shown(file)}: defaults: is a list of names and of GROUP: NAME, as in [mlp, _self_]"
        if file.stem in defaults:
            return f"{shown(file)}: defaults: it names itself; leave '{file.stem}' out"
    return None


def _is_choice(item: object) -> bool:
    if isinstance(item, dict):
        return all(isinstance(name, str | list | None) for name in item.values())
    return isinstance(item, str)


def no_name(text: object) -> str:
    """Return what is wrong with a key that YAML does not read as text, and the remedy."""
    return f"{text} is not a name, since YAML reads on, yes, 1 and null as values; write it in quotes"


def own_files(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the YAML files where Hydra looks for choices: in these folders, in theirs, and in our `local`."""
    for folder in (*folders, CONFIGS / "local"):
        yield from sorted(file for pattern in ("*.yaml", "*/*.yaml") for file in folder.glob(pattern) if file.is_file())


def _names(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield the keys of all mappings in a document."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if not name.tag.endswith(":merge"):
                yield name
            yield from _names(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _names(value)
