"""`trainer explain`."""

from tests.helpers.runs import make_run


def test_a_page_beside_the_run(trainer_here, tmp_path, capsys):
    run = make_run(tmp_path / "run", "model=mlp")
    assert trainer_here("explain", str(run), "--example", "3") == 0
    path = run / "explain-test-3.html"
    assert capsys.readouterr().out == f"{path}\n"
    assert "test example 3" in path.read_text(encoding="utf-8")


def test_mistakes(trainer_here, tmp_path, capsys):
    run = str(make_run(tmp_path / "run", "model=mlp", "validation=0"))
    assert trainer_here("explain", run, "--example", "360") == 2
    assert capsys.readouterr().err == "error: --example 360: the test has 360 examples, counted from 0\n"
    assert trainer_here("explain", run, "--split", "validation") == 2
    assert "the split 'validation' has no examples" in capsys.readouterr().err
    assert trainer_here("explain", run, "--example", "-1") == 2
