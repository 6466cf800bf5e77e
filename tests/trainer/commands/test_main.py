"""The one door: verbs, the arguments without one, and what is typed wrongly."""

import runpy
import signal
import subprocess
import sys

import pytest

import trainer
from tests.helpers.process import environment
from trainer.commands import app
from trainer.commands.main import main
from trainer.commands.verbs import VERBS
from trainer.ground.signals import SIGNALS


@pytest.fixture
def asked(monkeypatch):
    """What the application is asked for, instead of doing it."""
    calls = []
    monkeypatch.setattr(app, "main", lambda arguments: calls.append(list(arguments)) or 0)
    return calls


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (["model=mlp", "-m"], ["model=mlp", "-m"]),
        (["--config-dir", "mine", "~model.layers.drop1"], ["--config-dir", "mine", "~model.layers.drop1"]),
        (["--config-dir", "summary"], ["--config-dir", "summary"]),
        (["train", "epochs=3"], ["epochs=3"]),
        (["summary", "model=mlp"], ["task=summary", "model=mlp"]),
        (["graph"], ["task=graph"]),
        (["gradcheck", "--config-dir", "mine"], ["task=gradcheck", "--config-dir", "mine"]),
        (["profile", "model=mlp"], ["task=profile", "model=mlp"]),
    ],
)
def test_what_needs_a_configuration(given, expected, asked):
    assert main(given) == 0
    assert asked == [expected]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["evalute", "RUN"], "evalute: no such verb; did you mean 'trainer evaluate'?"),
        (["sumary", "model=mlp"], "sumary: no such verb; did you mean 'trainer summary'?"),
        (["outputs/run"], "outputs/run: no such verb; 'trainer --help' lists all"),
        (["model=mlp", "summary"], "summary: the verb comes first, as in trainer summary ..."),
        (["--config-dir", "mine", "summary"], "summary: the verb comes first, as in trainer summary ..."),
    ],
)
def test_a_mistake_is_one_line(given, line, asked, capsys):
    assert main(given) == 2
    assert capsys.readouterr().err == f"error: {line}\n"
    assert asked == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb, capsys):
    try:
        code = main([verb, "--help"])
    except SystemExit as end:
        code = end.code
    text = capsys.readouterr().out
    assert code == 0
    assert text.startswith(f"usage: trainer {verb}")
    assert VERBS[verb].does[1:] in text


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"trainer {trainer.__version__}\n"


@pytest.fixture
def handlers():
    """Puts those of signals, and what streams do, back as they were."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    told = sys.unraisablehook
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    sys.unraisablehook = told


@pytest.mark.parametrize("name", ["evaluate", "predict", "resume", "export", "sweep", "plots"])
def test_old_spellings(name, monkeypatch, capsys, handlers):
    monkeypatch.setattr(sys, "argv", [f"trainer.{name}", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module(f"trainer.{name}", run_name="__main__")
    assert capsys.readouterr().out.startswith(f"usage: trainer {name}")


@pytest.mark.process
def test_help_imports_no_engine():
    code = (
        "import sys; from trainer.commands.main import main; main(['--help']); main(['evalute']); "
        "assert not {'numpy', 'hydra', 'yaml', 'matplotlib'} & {*sys.modules}"
    )
    command = [sys.executable, "-c", code]
    process = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr


@pytest.mark.process
def test_a_reader_that_has_seen_enough(tmp_path):
    command = f"'{sys.executable}' -m trainer --help | head -n 1; exit ${{PIPESTATUS[0]}}"
    process = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True, check=False)
    assert process.stderr == ""
    assert process.returncode == 0
