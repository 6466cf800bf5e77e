"""Directories of runs."""

import json

import pytest

from trainer.runs.folder import claim, record


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
