"""The old spelling `python -m trainer.sweep` of `trainer sweep`."""

import sys

from trainer.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["sweep", *sys.argv[1:]]))
