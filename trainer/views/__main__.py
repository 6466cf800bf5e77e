"""`python -m trainer.views activations`: pictures that need no run."""

import argparse
import sys
from pathlib import Path

from trainer.runs.folder import PLOTS
from trainer.views import save
from trainer.views.activations import draw_activations

PICTURES = {"activations": draw_activations}


def main() -> int:
    """Draw the picture named on the command line and say where it is."""
    parser = argparse.ArgumentParser("python -m trainer.views", description="Draws pictures that need no run.")
    parser.add_argument("picture", choices=PICTURES, help="what to draw")
    parser.add_argument("file", nargs="?", type=Path, help="PNG to write; by default outputs/plots/PICTURE.png")
    options = parser.parse_args()
    path = options.file or Path("outputs") / PLOTS / f"{options.picture}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(PICTURES[options.picture](), path)
    except OSError as error:
        print(f"error: {path}: {error.strerror}; name another file", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
