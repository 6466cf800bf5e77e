"""The old spelling `python -m trainer.export` of `trainer export`."""

import sys

from trainer.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["export", *sys.argv[1:]]))
