"""`python -m trainer.sweep DIR`: writes the summary and pictures of a sweep anew, as after it was killed."""

import argparse
import sys
from pathlib import Path

from trainer.sweep.jobs import RECORD
from trainer.sweep.summary import Summary


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m trainer.sweep", description=__doc__.partition(": ")[2])
    parser.add_argument("directory", type=Path, help="of the sweep, such as outputs/multirun/2026-01-31_12-00-00")
    directory = parser.parse_args(arguments).directory
    if not (directory / RECORD).is_file():
        print(f"error: {directory}: no sweep is there; it would have a file {RECORD}", file=sys.stderr)
        return 2
    summary = Summary(directory)
    summary.write()
    print(summary.ending())
    return 0


if __name__ == "__main__":
    sys.exit(main())
