"""Makes show.png and show.webp, the pictures of `trainer show`: `python docs/images/show.py RUN/show.html`.

RUN is a LeNet-5 trained on MNIST. Needs Playwright, and Chromium in the search path.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent
SIZE = {"width": 1440, "height": 920}
WIDTH = 1080  # of the film
TWO = [(0.30, 0.36), (0.35, 0.25), (0.48, 0.20), (0.61, 0.25), (0.64, 0.37), (0.58, 0.50), (0.46, 0.63), (0.33, 0.76),
       (0.31, 0.78), (0.43, 0.77), (0.56, 0.76), (0.70, 0.77)]  # fmt: skip
STRONGEST = """() => {
    const all = [...gradients().conv2];
    return all.indexOf(Math.max(...all));
}"""  # the unit of conv2 that the answer depends on most


class Film:
    """Frames of a page with the milliseconds that each is shown."""

    def __init__(self, page: Page) -> None:
        self.page, self.frames, self.times = page, [], []

    def shoot(self, milliseconds: int) -> None:
        self.page.evaluate("new Promise(requestAnimationFrame)")
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        self.frames.append(image.resize((WIDTH, round(WIDTH * image.height / image.width)), Image.LANCZOS))
        self.times.append(milliseconds)

    def save(self, path: Path) -> None:
        first, *rest = self.frames
        first.save(path, save_all=True, append_images=rest, duration=self.times, loop=0, quality=62, method=6)


def place(page: Page, column: str, unit: int) -> tuple[float, float]:
    """Where a unit of a layer is on the screen."""
    box = page.locator(f'[data-name="{column}"] .marks').bounding_box()
    x, y = page.evaluate(
        """([name, unit]) => {
            const { corner, height, width, cell } = columns.get(name).form, inside = unit % (height * width);
            const [x, y] = corner(Math.floor(unit / (height * width)));
            return [x + (inside % width + 0.5) * cell, y + (Math.floor(inside / width) + 0.5) * cell];
        }""",
        [column, unit],
    )
    return box["x"] + x, box["y"] + y


def draw(film: Film) -> None:
    """Draw a 2, a frame for each piece of the stroke."""
    page = film.page
    page.get_by_role("button", name="Clear").click()
    page.mouse.move(2, 2)
    film.shoot(700)
    box = page.locator("canvas.pad").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in TWO]
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=3)
        film.shoot(130)
    page.mouse.up()
    page.mouse.move(2, 2)
    film.shoot(900)


def main(file: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(Path(file).absolute().as_uri())
        film = Film(page)
        draw(film)
        page.mouse.move(*place(page, "conv2", page.evaluate(STRONGEST)))
        film.shoot(2600)
        page.screenshot(path=FOLDER / "show.png")
        page.mouse.move(2, 2)
        for channel in (2, 0, 7):
            page.mouse.click(*place(page, "act2", channel * 100 + 50))
            page.mouse.move(2, 2)
            film.shoot(700)
        page.get_by_role("button", name="Switch all on").click()
        page.get_by_role("button", name="Gradient", exact=True).click()
        page.mouse.move(2, 2)
        film.shoot(1800)
        page.get_by_role("button", name="Change", exact=True).click()
        for unit in (10 * 28 + 12, 12 * 28 + 18, 16 * 28 + 13):
            page.mouse.move(*place(page, "input", unit))
            film.shoot(900)
        film.save(FOLDER / "show.webp")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
