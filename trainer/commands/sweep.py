"""`trainer sweep KEY=VALUE,VALUE ...`: one run for each combination.

`trainer sweep DIR` writes the summary, report and pictures of a sweep again, from its jobs' directories alone.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from trainer.commands import command
from trainer.commands.verbs import VERBS
from trainer.runs.folder import RECORD


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = command.Parser("sweep", VERBS["sweep"].arguments)
    values = "values to combine, as in optimizer.lr=0.1,0.01 model=mlp,lenet5; or a choice such as search=lr"
    parser.add_argument("KEY=VALUE,VALUE", nargs="*", help=values)
    parser.add_argument("DIR", help="of a sweep: write its summary and pictures again")
    parser.add_quiet()
    if not given:
        parser.error("give values to combine, as in optimizer.lr=0.1,0.01, or the directory of a sweep")
    if {"-h", "--help"} & {*given}:
        parser.print_help()
        return 0
    is_override = "=" in given[0] or given[0].startswith(("-", "~"))
    if is_override and not Path(given[0]).is_dir():
        from trainer.commands import app

        return app.main(["--multirun", *given])
    parser = command.Parser("sweep", "DIR")
    parser.add_argument("directory", type=Path)
    return command.execute(parser, _summarise, given)


def _summarise(options: argparse.Namespace) -> int:
    from trainer.sweep import report

    if not (options.directory / RECORD).is_file():
        command.complain(f"{options.directory}: not a sweep; it would have a file {RECORD}")
        return 2
    return 0 if report.summarise(options.directory) else 1
