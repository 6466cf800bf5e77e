"""The old spelling `python -m trainer.predict`."""

import sys

from trainer.commands.predict import main

if __name__ == "__main__":
    sys.exit(main())
