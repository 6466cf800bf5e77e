"""`python -m trainer`."""

import sys

from trainer.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
