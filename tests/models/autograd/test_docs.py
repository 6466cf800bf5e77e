"""The pages on autograd and formulas do what they say."""

import contextlib
import io
import re
from pathlib import Path

import yaml

from trainer.models import Expression
from trainer.models.losses import ExpressionLoss

ROOT = Path(__file__).parents[3]
AUTOGRAD = (ROOT / "docs" / "autograd.md").read_text(encoding="utf-8")
FORMULAS = (ROOT / "docs" / "formula_layers.md").read_text(encoding="utf-8")
LAYERS, LOSSES = FORMULAS.split("## A loss from a formula")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def test_snippets_print_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    pairs = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", AUTOGRAD, re.M | re.S)
    assert len(pairs) == len(blocks(AUTOGRAD, "python"))
    for code, expected in pairs:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, names)
        assert printed.getvalue() == expected
    assert Path("tanh_second_derivative.png").stat().st_size > 10_000


def test_files_that_the_pages_name_exist():
    for place in re.findall(r"(?:models|trainer|tests|configs)/[\w/]+\.\w+", AUTOGRAD + FORMULAS):
        assert (ROOT / place).is_file(), place


def test_tables_of_formulas():
    shown = re.findall(r"^\| [\w ]+ \| `([^`]+\)[^`]*)` \|(?: (?:`(.+)`)? ?\|)?$", LAYERS, re.M)
    assert len(shown) == 5
    for formula, options in shown:
        Expression(formula, **yaml.safe_load(options or "{}"))
    losses = re.findall(r"^\| [\w -]+ \| `(.+)` \|$", LOSSES.split("## A layer in Python")[0], re.M)
    assert len(losses) == 3
    for formula in losses:
        ExpressionLoss(formula)


def test_the_yaml_of_the_page():
    (text,) = blocks(FORMULAS, "yaml")
    options = yaml.safe_load(text)["layers"]["act1"]
    assert options.pop("_target_") == "models.Expression"
    assert Expression(**options).output_shape((3, 4, 4)) == (3, 4, 4)
