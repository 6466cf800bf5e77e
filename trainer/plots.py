"""The old spelling `python -m trainer.plots`."""

import sys

from trainer.views.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
