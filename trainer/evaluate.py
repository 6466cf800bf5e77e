"""The old spelling `python -m trainer.evaluate`."""

import sys

from trainer.commands.evaluate import main

if __name__ == "__main__":
    sys.exit(main())
