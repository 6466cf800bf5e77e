"""The walk of docs/texts.md and the mistake of docs/arrays.md, as they stand there."""

import re
import shlex
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
TEXTS = (DOCS / "texts.md").read_text(encoding="utf-8")
ARRAYS = (DOCS / "arrays.md").read_text(encoding="utf-8")
SHORT = ("epochs=1", "limit.train=300", "limit.validation=100", "limit.test=100", "hydra.run.dir=run",
         "parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")  # fmt: skip


def walk(page):
    """The commands of a page's indented lines."""
    return re.findall(r"^    ((?:python -m )?trainer .*)$", page, re.MULTILINE)


@pytest.mark.slow
def test_a_novel(trainer_here, tmp_path, capfd):
    (tmp_path / "book.txt").write_text("Alice was beginning to get very tired.\n" * 80, encoding="utf-8")
    commands = walk(TEXTS)
    assert len(commands) == 4
    for command in commands:
        arguments = shlex.split(command.removeprefix("python -m ").replace("RUN", "run"))[1:]
        if arguments[0] == "preview":
            arguments.append("hydra.run.dir=seen")
        elif "=" in arguments[0]:
            arguments = [a for a in arguments if not a.startswith("epochs=")] + [*SHORT]
        assert trainer_here(*arguments) == 0, capfd.readouterr().err
        out = capfd.readouterr().out
        if arguments[0] == "evaluate":
            assert "what costs most" in out
            assert "true \\ predicted" not in out
        if arguments[0] == "predict":
            assert out.startswith("Alice was ")
            assert len(out) >= 300
        if arguments[0] == "preview":
            assert "by the character before" in out


def test_a_source_that_forgets_to_fill(trainer_here, tmp_path, capfd):
    """The example of the page, with a read that returns what it should write."""
    (code,) = re.findall(r"`waves.py`:\n\n```python\n(.*?)^```$", ARRAYS, re.MULTILINE | re.DOTALL)
    spoiled = code.replace('out["input"][...] = np.where', "return np.where")
    spoiled = re.sub(r"\n *if draw is not None:\n.*", "", spoiled, count=1)
    assert spoiled != code
    (tmp_path / "waves.py").write_text(spoiled, encoding="utf-8")
    (line,) = re.findall(r"^    error: (waves: .*)$", ARRAYS, re.MULTILINE)
    options = ("--config-dir", "my_configs", "model=mlp", "data=waves", "allow=[waves]", *SHORT)
    folder = tmp_path / "my_configs" / "data"
    folder.mkdir(parents=True)
    (folder / "waves.yaml").write_text("_target_: waves.WaveSet\nnum_classes: 2\n", encoding="utf-8")
    others = [option for option in options if not option.startswith("data=")]
    assert trainer_here("--config-dir", "my_configs", *others, "data=waves") == 1
    assert f"error: {line}" in capfd.readouterr().err
