"""`trainer plots RUN_OR_SWEEP`."""

import shutil

import pytest

from tests.helpers.process import run
from tests.helpers.runs import TINY, make_run
from trainer.commands import evaluate
from trainer.commands.plots import main
from trainer.datasets import DataError
from trainer.ground.errors import ForeignError
from trainer.views import plots


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run with a history."""
    folder = make_run(tmp_path_factory.mktemp("finished"), *TINY, "limit.test=30")
    (folder / "metrics.csv").write_text("epoch,train_loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n")
    return folder


@pytest.mark.slow
def test_chosen_pictures_in_chosen_formats_and_place(finished, tmp_path, capsys):
    assert main([str(finished), "curves", "conf", "--format", "svg,pdf", "--to", str(tmp_path / "a/b")]) == 0
    written = sorted(path.name for path in (tmp_path / "a/b").iterdir())
    assert written == ["confusion_matrix.pdf", "confusion_matrix.svg", "curves.pdf", "curves.svg"]
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "a/b" / name) for name in (written[3], written[2], written[1], written[0])
    ]


@pytest.mark.slow
def test_by_default_all_that_suit_go_into_the_run(tmp_path, capsys):
    folder = make_run(tmp_path, "data=sine", "model=mlp", "limit.test=30")
    assert main([str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "left out: " in err
    assert "confusion_matrix" in err
    assert "the data have no classes" in err
    assert all((folder / "plots").joinpath(line.rpartition("/")[2]).is_file() for line in out.split())


def test_what_does_not_suit_and_what_does_not_exist_is_one_line(finished, tmp_path, capsys):
    folder = make_run(tmp_path / "run", "data=sine", "model=mlp")
    for arguments, line in {
        (tmp_path,): f"error: {tmp_path}: is neither a run nor a sweep; give the directory of one\n",
        (folder, "confusion"): "error: confusion_matrix: the data have no classes",
        (finished, "confusoin_matrix"): "error: confusoin_matrix: no such picture; did you mean 'confusion_matrix'?",
        (finished, "c", "curves"): "error: c: no such picture; ",
        (finished, "--format", "jpg"): "error: argument --format: jpg is none of png, svg, pdf",
        (finished, "--example", "-1"): "error: argument --example: -1 is not the number of an example",
        (): "error: the following arguments are required: RUN_OR_SWEEP; see trainer plots --help",
        (tmp_path / "nothing",): f"error: {tmp_path / 'nothing'}: no such run or checkpoint; last is the newest",
    }.items():
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        assert code == (1 if "nothing" in line else 2)
        err = capsys.readouterr().err
        assert err.startswith(line)
        assert err.count("\n") == 1


def test_where_the_data_have_gone_the_other_pictures_are_drawn(tmp_path, monkeypatch, capsys):
    def gone(*_):
        raise DataError("digits.csv: no such file")

    monkeypatch.setattr("trainer.views.subject.measured", gone)
    folder = make_run(tmp_path, *TINY)
    assert main([str(folder)]) == 1
    out, err = capsys.readouterr()
    assert f"{folder}/plots/graph.png" in out
    (error,) = (line for line in err.splitlines() if line.startswith("error: "))
    assert "confusion_matrix" in error
    assert error.endswith("digits.csv: no such file")
    assert "left out: layers: the run has no layers.csv" in err


def test_code_of_ones_own_needs_trust_and_one_line_says_how(tmp_path, monkeypatch, capsys):
    def strange(*_):
        raise ForeignError("mine.Net: only our classes may be named", "mine", "model")

    monkeypatch.setattr("trainer.views.subject.load", strange)
    assert main([str(make_run(tmp_path, *TINY)), "graph", "maps"]) == 2
    line = "error: mine.Net: only our classes may be named; trust another package with --allow mine\n"
    assert capsys.readouterr().err == line


def test_a_run_without_a_history_has_no_curves(tmp_path, capsys):
    assert main([str(make_run(tmp_path, *TINY)), "curves"]) == 2
    assert capsys.readouterr().err == "error: curves: metrics.csv has no epoch yet\n"


def test_a_place_that_cannot_be_written_is_one_line(finished, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main([str(finished), "curves", "--to", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_help_names_every_picture(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    for name in plots.names():
        assert f"\n  {name} " in out


@pytest.mark.process
def test_an_old_spelling(tmp_path):
    assert run("activations", cwd=tmp_path, module="trainer.plots").returncode == 0
    assert (tmp_path / "outputs/plots/activations.png").is_file()


def test_a_folder_of_pictures_that_is_a_link_is_not_written_to(finished, tmp_path, capsys):
    shutil.copytree(finished, tmp_path / "run", ignore=shutil.ignore_patterns("plots"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run/plots").symlink_to(tmp_path / "elsewhere")
    for verb in (main, evaluate.main):
        assert verb([str(tmp_path / "run")]) == 2
        assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'run/plots'} is a link, ")
    assert not [*(tmp_path / "elsewhere").iterdir()]
