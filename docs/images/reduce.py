"""Puts a picture into this folder, small: `python docs/images/reduce.py RUN/plots/maps.png lenet5.png [WIDTH]`."""

import sys
from pathlib import Path

from PIL import Image

COLOURS = 256

source, name, *width = sys.argv[1:]
picture = Image.open(source).convert("RGB")
if width:
    picture.thumbnail((int(width[0]), picture.height), Image.Resampling.LANCZOS)
few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)  # which keeps rare colours
few.save(Path(__file__).parent / name, optimize=True)
