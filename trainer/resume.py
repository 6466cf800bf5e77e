"""The old spelling `python -m trainer.resume` of `trainer resume`."""

import sys

from trainer.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["resume", *sys.argv[1:]]))
