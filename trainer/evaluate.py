"""The old spelling `python -m trainer.evaluate` of `trainer evaluate`."""

import sys

from trainer.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["evaluate", *sys.argv[1:]]))
