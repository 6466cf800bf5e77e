"""`trainer predict`: what goes with which kind of run."""

import pytest

from tests.helpers import tables
from tests.helpers.runs import TINY, make_run
from trainer.commands.predict import main


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run on pictures, one on a table and one on a text, by the kind."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "story.txt").write_text("the cat sat on the mat. " * 20)
    file = tables.write(folder / "houses.csv", tables.without(tables.houses(60), "dear"))
    kinds = {
        "pictures": TINY,
        "table": (*tables.TABLE, f"data.file={file}", "data.target=price"),
        "text": ("model=char_mlp", "data=text", f"data.file={folder / 'story.txt'}", "data.context=8"),
    }
    return {kind: make_run(folder / kind, *overrides) for kind, overrides in kinds.items()}


@pytest.mark.parametrize(
    ("kind", "arguments", "problem"),
    [
        ("pictures", [], "was trained on pictures and arrays; give a FILE"),
        ("pictures", ["a.png", "--prompt", "a"], "--prompt is for texts, but"),
        ("pictures", ["a.png", "--seed", "0"], "--seed is for texts, but"),
        ("pictures", ["a.png", "--probabilities"], "--probabilities is for tables, but"),
        ("table", [], "was trained on tables; give a FILE"),
        ("table", ["a.csv", "--invert"], "--invert is for pictures and arrays, but"),
        ("table", ["a.csv", "b.csv", "--csv", "out.csv"], "--csv: is one file, so give one table"),
        ("text", [], "was trained on texts; give --prompt TEXT"),
        ("text", ["a.txt"], "FILE is for pictures and arrays and tables, but"),
        ("text", ["--prompt", "a", "--save-inputs", "seen"], "--save-inputs is for pictures and arrays, but"),
    ],
)
def test_what_does_not_go_with_a_run(runs, kind, arguments, problem, capsys):
    assert main([str(runs[kind]), *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line


@pytest.mark.parametrize("option", ["--temperature=-1", "--temperature=warm", "--temperature=nan", "--length=0"])
def test_numbers_that_are_none(runs, option, capsys):
    with pytest.raises(SystemExit):
        main([str(runs["text"]), "--prompt", "a", option])
    assert option.split("=")[1] in capsys.readouterr().err
