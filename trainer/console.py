"""What the terminal shows: plain messages that do not tear progress bars, and the help's list of choices."""

import logging
import sys

from omegaconf import OmegaConf
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


def choices() -> str:
    """Returns one line for each choice of each configuration group: `group=name` and the file's first comment."""
    lines = []
    for group in sorted(path for path in CONFIGS.iterdir() if path.is_dir()):
        for file in sorted(group.rglob("*.yaml")):
            choice = f"{group.name}={file.relative_to(group).with_suffix('').as_posix()}"
            with file.open(encoding="utf-8") as text:
                comments = (line for line in text if line.startswith("#") and not line.startswith("# @package"))
                lines.append(f"  {choice:<28} {next(comments, '#')[1:].strip()}".rstrip() + "\n")
    return "".join(lines)


OmegaConf.register_new_resolver("trainer.choices", choices, replace=True)
