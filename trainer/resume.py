"""The old spelling `python -m trainer.resume`."""

import sys

from trainer.runs.resume import main

if __name__ == "__main__":
    sys.exit(main())
