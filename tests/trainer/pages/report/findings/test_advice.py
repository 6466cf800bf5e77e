"""What findings advise to try exists."""

import re
from operator import attrgetter
from pathlib import Path

import pytest

from tests.helpers.runs import composed
from trainer import models
from trainer.pages.report import findings as package

SOURCE = "".join(path.read_text() for path in sorted(Path(package.__path__[0]).glob("*.py")))
QUOTED = "".join(re.findall(r'"[^"]*"', SOURCE))
OPTIONS = {*re.findall(r"[\w.]+=[\w.\[\]-]*[\w\]]", QUOTED)} - {"data.columns.NAME=ignore"}  # which only tables have


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_options_that_advice_names_exist(option):
    composed(option)


@pytest.mark.parametrize("name", sorted({*re.findall(r"models\.([\w.]+\w)", SOURCE)} - {"layers"}))
def test_classes_that_advice_names_exist(name):
    assert attrgetter(name)(models)
