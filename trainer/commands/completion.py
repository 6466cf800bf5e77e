"""Shell completion (`trainer -sc install=bash`): Hydra's completes overrides; verbs and runs are added here.

The shell asks with `trainer -sc query=SHELL` and the line so far in COMP_LINE, and offers the words that are printed.
"""

import os
import re
from collections.abc import Sequence

from trainer.commands.command import complain
from trainer.commands.verbs import VERBS
from trainer.runs.find import NEWEST

COMMAND = re.compile("(install|uninstall|query)=(bash|fish|zsh)")


def main(arguments: Sequence[str]) -> int:
    """Do `-sc install=SHELL`, `-sc uninstall=SHELL` or `-sc query=SHELL`, and return the exit code."""
    if not (len(arguments) == 2 and COMMAND.fullmatch(arguments[1])):
        complain("completion is installed with trainer -sc install=bash; shells are bash, fish and zsh")
        return 2
    line = os.environ.get("COMP_LINE")
    if line is not None and any(argument.startswith("query=") for argument in arguments):
        words, left = complete(line)
        if words:
            print("\n".join(words))
        if left is None:
            return 0
        os.environ["COMP_LINE"] = left
    from trainer.commands import app

    return app.main(arguments)


def complete(line: str) -> tuple[list[str], str | None]:
    """Return words that complete `line`, and the line that Hydra is to complete: None where a file is expected.

    If nothing is printed, shells offer files.
    """
    program, *words = [*line.split(), ""] if line.endswith(" ") else line.split()
    if len(words) < 2:
        return [verb for verb in VERBS if verb.startswith("".join(words))], line
    verb, *before, word = words
    if verb not in VERBS:
        return [], line
    takes_run = VERBS[verb].arguments.startswith("RUN")
    if takes_run and not before:
        return [NEWEST] if word and NEWEST.startswith(word) else [], None
    if "KEY=VALUE" not in VERBS[verb].arguments:
        return [], None
    return [], " ".join([program, *before[takes_run:], word])
