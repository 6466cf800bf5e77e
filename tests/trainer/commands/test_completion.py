"""Completion, as the words that fit and as bash does it."""

import shutil
import subprocess
import sys

import pytest

from tests.helpers.process import environment
from trainer.commands.completion import complete
from trainer.commands.main import main
from trainer.commands.verbs import VERBS


@pytest.mark.parametrize(
    ("line", "words", "left"),
    [
        ("trainer ", [*VERBS], "trainer "),
        ("trainer", [*VERBS], "trainer"),
        ("trainer su", ["summary"], "trainer su"),
        ("trainer mod", [], "trainer mod"),
        ("trainer model=mlp op", [], "trainer model=mlp op"),
        ("trainer summary mod", [], "trainer mod"),
        ("trainer sweep model=mlp ", [], "trainer model=mlp "),
        ("trainer evaluate la", ["last"], None),
        ("trainer evaluate ", [], None),
        ("trainer predict last pic", [], None),
        ("trainer resume la", ["last"], None),
        ("trainer resume last op", [], "trainer op"),
        ("trainer doctor ", [], None),
    ],
)
def test_words(line, words, left):
    assert complete(line) == (words, left)


@pytest.mark.parametrize(
    ("line", "answer"),
    [("trainer summary model=lenet5_f", "model=lenet5_fcn"), ("trainer optimizer.l", "optimizer.lr=")],
)
def test_hydra_completes_the_rest(line, answer, trainer_here, monkeypatch, capfd):
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    assert trainer_here("-sc", "query=bash") == 0
    assert capfd.readouterr().out.split() == [answer]


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash(tmp_path):
    (tmp_path / "trainer").write_text(
        f"#!{sys.executable}\nimport sys\nfrom trainer.commands.main import main\nsys.exit(main())\n"
    )
    (tmp_path / "trainer").chmod(0o755)
    (tmp_path / "script").write_text(
        """\
eval "$(trainer -sc install=bash)"
complete -p trainer > /dev/null || exit 1
for COMP_LINE in "trainer summary model=lenet5_f" "trainer evaluate las"; do
    COMP_WORDS=($COMP_LINE) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE} COMPREPLY=()
    hydra_bash_completion
    echo "${COMPREPLY[@]}"
done
"""
    )
    path = environment()
    path["PATH"] = f"{tmp_path}:{path['PATH']}"
    process = subprocess.run(
        ["bash", "script"], cwd=tmp_path, env=path, capture_output=True, text=True, timeout=120, check=False
    )
    assert process.stderr == ""
    assert process.stdout.splitlines() == ["model=lenet5_fcn", "last"]


@pytest.mark.parametrize("arguments", [["-sc"], ["-sc", "bash"], ["-sc", "install=nosh"], ["model=mlp", "-sc"]])
def test_a_wrong_question_is_one_line(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err == (
        "error: completion is installed with trainer -sc install=bash; shells are bash, fish and zsh\n"
    )
