"""What the terminal shows: plain messages that do not tear progress bars, and the help's list of choices."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from trainer import CONFIGS


class Terminal(logging.StreamHandler):
    """Writes errors to stderr and everything else to stdout, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            stream = sys.stderr if record.levelno >= logging.ERROR else sys.stdout
            tqdm.write(self.format(record), file=stream)
            stream.flush()
        except Exception:
            self.handleError(record)


def choices(folders: Sequence[Path]) -> str:
    """Returns one line for each choice of each configuration group: `group=name` and the file's first comment.

    folders: of configurations besides ours.
    """
    described = {}
    for folder in (CONFIGS, *folders):
        for file in folder.rglob("*/*.yaml"):
            group, name = file.parent.relative_to(folder).as_posix(), file.stem
            with file.open(encoding="utf-8") as text:
                comments = (line for line in text if line.startswith("#") and not line.startswith("# @package"))
                described[f"{group}={name}"] = next(comments, "#")[1:].strip()
    width = max(map(len, described))
    return "".join(f"  {choice:<{width}}  {what}".rstrip() + "\n" for choice, what in sorted(described.items()))
