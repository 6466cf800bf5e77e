"""`python -m trainer`, and the command `trainer`."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from trainer.ground import console, signals
from trainer.ground.errors import limited

BY_SIGNAL = 128  # and its number: the exit code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`, by default those of the command line, in its own process.

    Signals are handled before anything slow is imported.

    Returns:
        The exit code of `trainer.commands.main`.
    """
    signals.install()
    console.prepare()
    try:
        code = console.finish(_do(arguments))
        signals.over()
    except signals.Interrupted as error:
        console.tell(f"error: {error}")
        code = 1
    code = signals.finish(code)
    if code > BY_SIGNAL and "joblib" not in sys.modules:  # which clears its folders away at the end
        # Perhaps in the middle of an import: Python may crash when it takes down what is half made.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    return code


def _do(arguments: Sequence[str] | None) -> int:
    try:
        from trainer.commands.main import main as do

        return do(arguments)
    except SystemExit as end:  # argparse's, Hydra's
        if isinstance(end.code, str):
            console.tell(end.code)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:
        if limit := limited(error):
            console.tell(f"error: {limit}")
        elif signals.received() is None:
            raise  # a bug in the program
        return 1


if __name__ == "__main__":
    sys.exit(main())
