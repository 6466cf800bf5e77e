"""Directories of runs."""

import json
import os
import re
from pathlib import Path

import pytest

import trainer
from trainer.ground.errors import ConfigError
from trainer.runs.folder import (
    CHECKPOINTS,
    CONFIG,
    DESCRIPTION,
    LAYER_FIGURES,
    LAYERS,
    LOG,
    METRICS,
    PLOTS,
    RECORD,
    REPORT,
    RESULT,
    TABLE,
    claim,
    record,
    refuse_links,
    resume_command,
)


def test_each_run_has_a_directory_of_its_own(tmp_path):
    wanted = tmp_path / "outputs" / "2026-01-01_00-00-00"
    claimed = [claim(wanted) for _ in range(3)]
    assert [path.name for path in claimed] == [wanted.name, f"{wanted.name}-2", f"{wanted.name}-3"]
    assert all(path.is_dir() for path in claimed)


def test_a_directory_given_by_hand_may_exist(tmp_path):
    assert claim(tmp_path, exclusive=False) == tmp_path
    assert claim(tmp_path / "new", exclusive=False).is_dir()


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize(("place", "reason"), [("file", "File exists"), ("file/run", "Not a directory")])
def test_what_is_in_the_way_is_named_with_the_remedy(tmp_path, place, reason, exclusive):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=f"{reason}; choose another directory with directory=DIR") as caught:
        claim(tmp_path / place, exclusive, "directory")
    assert caught.value.filename == str(tmp_path / place)


def test_a_result_is_recorded_once(tmp_path):
    record(tmp_path, "failed", "it was killed")
    record(tmp_path, "completed")
    assert json.loads((tmp_path / "result.json").read_text()) == {"status": "failed", "error": "it was killed"}
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_removed_directory_stays_removed(tmp_path):
    record(tmp_path / "gone", "failed", "removed")
    assert not (tmp_path / "gone").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("name", [LOG, f"{CHECKPOINTS}/x", PLOTS, CONFIG])
def test_links_are_refused(name, tmp_path):
    refuse_links(tmp_path)
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    refuse_links(tmp_path / "run")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError) as caught:
        refuse_links(tmp_path / "run")
    assert str(caught.value).startswith(f"{path} is a link")


def test_the_command_that_goes_on():
    assert resume_command(Path("outputs/a b"), ["epochs=3"]) == "trainer resume 'outputs/a b' epochs=3"


def test_names_are_said_once():
    """Who else writes a name of these knows a layout that is not theirs to know."""
    names = [RESULT, METRICS, LAYER_FIGURES, LOG, LAYERS, RECORD, TABLE, REPORT, CHECKPOINTS, DESCRIPTION]
    literal = re.compile(rf"""["']({"|".join(map(re.escape, names))})(/[^"'\s]*)?["']""")
    apart = {"runs/folder.py", "sklearn/overrides.py", "training/callbacks/checkpoints.py"}
    folder = Path(trainer.__file__).parent
    for file in folder.rglob("*.py"):
        if file.relative_to(folder).as_posix() not in apart and "models" not in file.parts:
            assert not literal.search(file.read_text()), f"{file}: {literal.search(file.read_text())}"
