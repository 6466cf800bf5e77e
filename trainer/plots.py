"""The old spelling `python -m trainer.plots` of `trainer plots`, and of `python -m trainer.views`."""

import sys

from trainer.__main__ import main
from trainer.views.__main__ import PICTURES
from trainer.views.__main__ import main as without_run

if __name__ == "__main__":
    sys.exit(without_run() if {*sys.argv[1:2]} & {*PICTURES} else main(["plots", *sys.argv[1:]]))
