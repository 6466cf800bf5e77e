"""One run in a directory at a time."""

import pytest

from trainer.ground.values import ConfigError
from trainer.runs.locked import is_locked, locked


def test_another_is_kept_out_and_told_what_to_do(tmp_path):
    with locked(tmp_path), pytest.raises(ConfigError) as caught, locked(tmp_path, "directory"):
        pytest.fail("two are inside")
    remedy = "wait until it has ended or choose another directory with directory=DIR"
    assert str(caught.value) == f"{tmp_path}: another run is writing here; {remedy}"


def test_where_nothing_can_be_written_the_line_says_what_to_do(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path / ".lock"))

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(ConfigError, match=r"written \(Permission denied\); copy it to where you may"), locked(tmp_path):
        pytest.fail("it is inside")


def test_directories_are_apart(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass


def test_whoever_ends_lets_in_the_next(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        pass


def test_others_can_tell(tmp_path):
    assert not is_locked(tmp_path)
    assert [*tmp_path.iterdir()] == []
    with locked(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)
