"""The old spelling `python -m trainer.sweep` of `trainer sweep`."""

import sys

from trainer.commands.main import main

if __name__ == "__main__":
    sys.exit(main(["sweep", *sys.argv[1:]]))
