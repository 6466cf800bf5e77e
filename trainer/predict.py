"""The old spelling `python -m trainer.predict` of `trainer predict`."""

import sys

from trainer.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["predict", *sys.argv[1:]]))
