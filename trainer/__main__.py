"""`python -m trainer`, and the command `trainer`."""

import sys
from collections.abc import Sequence

from trainer.ground import console, signals
from trainer.ground.errors import limited


def main(arguments: Sequence[str] | None = None) -> int:
    """What `trainer.commands.main` does, as a process: signals are handled before anything is imported that takes time.

    Returns the exit code.
    """
    signals.install()
    console.prepare()
    told = False
    try:
        from trainer.commands.main import main as do

        code = do(arguments)
    except SystemExit as end:  # argparse's, Hydra's
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            console.tell(end.code)
    except signals.Interrupted as error:
        code, told = 128 + error.signal, True
        console.tell(f"error: {error}")
    except BaseException as error:
        limit = limited(error)
        if signals.received() is None and limit is None:
            raise  # a fault of the program's
        if limit:
            console.tell(f"error: {limit}")
        code = 1
    ended = signals.exit_code(console.finish(code))
    if ended != code and not told and signals.received():
        console.tell(f"error: {signals.SIGNALS[ended - 128]}")
    signals.finish()
    return ended


if __name__ == "__main__":
    sys.exit(main())
