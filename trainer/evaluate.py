"""The old spelling `python -m trainer.evaluate` of `trainer evaluate`."""

import sys

from trainer.commands.main import main

if __name__ == "__main__":
    sys.exit(main(["evaluate", *sys.argv[1:]]))
