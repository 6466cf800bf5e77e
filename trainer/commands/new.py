"""`trainer new FOLDER`: a folder to start from, with a model, a layer, data, an experiment and a notebook."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from trainer.commands.command import Parser, advised, execute
from trainer.ground.files import replacing
from trainer.ground.values import ConfigError

STARTER = Path(__file__).with_name("starter")
FIRST = "trainer --config-dir my_configs 'allow=[my_package]' experiment=spirals"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = Parser("new")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="folder to make; it may exist if it is empty")
    return execute(parser, _make, arguments)


def _make(options: argparse.Namespace) -> None:
    folder: Path = options.folder
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigError(f"{folder}: exists already, and nothing is overwritten; name a new folder")
    with advised(f"name a folder elsewhere, or remove what there is of {folder} and try again"):
        for source in sorted(STARTER.rglob("*")):
            if source.is_file() and source.suffix != ".pyc":
                _copy(source, folder / source.relative_to(STARTER))
    print(f"{folder} holds a model, a layer and its test, data, an experiment and a notebook: see its README.md. Try")
    print(f"  cd {shlex.quote(str(folder))}\n  {FIRST}")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as temporary:
        temporary.write_bytes(source.read_bytes())
