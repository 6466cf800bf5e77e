"""Makes report.png, the head of a report: `python docs/images/report.py RUN/report.html`.

RUN is a LeNet-5 trained on Fashion-MNIST for 12 epochs. Needs Playwright, and Chromium in the search path.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 1880}

if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(viewport=SIZE)
        page.goto(Path(sys.argv[1]).absolute().as_uri())
        page.wait_for_selector("body[data-ready]")
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        chromium.close()
    few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(Path(__file__).with_suffix(".png"), optimize=True)
