"""`trainer resume RUN [KEY=VALUE ...]`: resumes a run or a sweep."""

import sys
from collections.abc import Sequence
from pathlib import Path

from trainer.commands.command import Parser
from trainer.commands.verbs import VERBS
from trainer.ground.overrides import quoted


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = Parser("resume", VERBS["resume"].arguments)
    parser.add_argument("run", metavar="RUN", help="directory of a run, or of a sweep to finish; last: the newest run")
    parser.add_argument("KEY=VALUE", nargs="*", help="what to change from now on, such as epochs=40")
    parser.add_quiet()
    if {"-h", "--help"} & {*given}:
        parser.print_help()
        return 0
    if not given or given[0].startswith("-") or ("=" in given[0] and not Path(given[0]).exists()):
        parser.error("the run comes first, as in trainer resume last epochs=40")
    from trainer.commands import app

    run, *overrides = given
    return app.main([f"resume={quoted(run)}", *overrides])
