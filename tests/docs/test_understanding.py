"""The pages of understanding: the commands of each run in order, in one folder; its pictures are theirs."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.test_commands import DOCS, arguments_of, commands

PAGES = sorted((DOCS / "understanding").glob("*.md"))
FEW = ("limit.train=40", "limit.validation=40", "limit.test=40")
SHORT = ("epochs=1", *FEW, "callbacks.report=null", "callbacks.curves=null", "parallel.workers=1")
MOST_BYTES = 60_000  # of a picture


def quick(arguments: list[str]) -> list[str]:
    """The same for two values of what is swept first and one of the others, one epoch and few examples."""
    kept = [part for part in arguments if part.partition("=")[0] not in {each.partition("=")[0] for each in SHORT}]
    for part in [part for part in kept if re.fullmatch(r"[\w.]+=[^\[{]*,.*", part)]:
        values = 1 if any("," in other for other in kept[: kept.index(part)]) else 2
        kept[kept.index(part)] = ",".join(part.split(",")[:values])
    return [*kept, *SHORT]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page(page, tmp_path, trainer_here, capfd):
    text = page.read_text(encoding="utf-8")
    if "docs/examples" in text:
        shutil.copytree(DOCS / "examples", tmp_path / "docs" / "examples")
    for command in commands(text):
        arguments, is_trainer = arguments_of(command)
        assert is_trainer
        trains = arguments[0] == "sweep" or "=" in arguments[0]
        assert trainer_here(*(quick(arguments) if trains else arguments)) == 0, capfd.readouterr().err
        if arguments[0] == "plots":
            folder = Path(arguments[1]) / "plots"
            assert all((tmp_path / folder / f"{name}.png").is_file() for name in arguments[2:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_a_command_and_a_small_picture(page):
    text = page.read_text(encoding="utf-8")
    assert commands(text)
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert pictures
    for picture in pictures:
        assert (page.parent / picture).stat().st_size < MOST_BYTES, picture
