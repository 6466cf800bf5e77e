"""Whole files or none."""

import os
import threading
from pathlib import Path

import pytest

from trainer.ground.files import output, replacing

needs_posix = pytest.mark.skipif(os.name == "nt", reason="there are no such files")


@pytest.mark.parametrize("writing", [replacing, output])
def test_the_new_content_takes_the_place_of_the_old(writing, tmp_path):
    path = tmp_path / "file.txt"
    for text in ("old", "new"):
        with writing(path) as temporary:
            temporary.write_text(text)
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path):
    path = tmp_path / "gone" / "file.txt"
    with pytest.raises(FileNotFoundError) as caught, replacing(path) as temporary:
        temporary.write_text("new")
    assert caught.value.filename == str(path)


@pytest.mark.parametrize("writing", [replacing, output])
def test_a_failure_leaves_the_old_content_and_nothing_else(writing, tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def interrupted():
        with writing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_removed_folder_stays_removed(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "gone" / "file") as temporary:
        temporary.write_text("new")
    assert not (tmp_path / "gone").exists()


@needs_posix
def test_a_link_in_a_folder_of_ours_is_not_followed(tmp_path):
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "file").symlink_to(tmp_path / "theirs")
    with replacing(tmp_path / "file") as temporary:
        temporary.write_text("ours")
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / "file").is_symlink()


class TestOutput:
    """What a user names as an output stays what it is."""

    def write(self, path, text="new"):
        with output(path) as temporary:
            temporary.write_text(text)

    def test_its_folder_is_made(self, tmp_path):
        self.write(tmp_path / "folder" / "file")
        assert (tmp_path / "folder" / "file").read_text() == "new"

    @needs_posix
    def test_the_target_of_a_link_is_replaced(self, tmp_path):
        (tmp_path / "far").mkdir()
        for number, target in enumerate(("far/there", "far/not_yet")):
            (tmp_path / "far" / "there").write_text("old")
            link = tmp_path / f"link{number}"
            link.symlink_to(target)
            self.write(link)
            assert link.is_symlink()
            assert (tmp_path / target).read_text() == "new"

    @needs_posix
    def test_links_in_a_circle(self, tmp_path):
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(OSError, match="Too many levels"):
            self.write(tmp_path / "a")
        assert (tmp_path / "a").is_symlink()

    @needs_posix
    def test_a_device(self):
        self.write(os.devnull)
        assert not Path(os.devnull).is_file()
        with pytest.raises(OSError, match="No space left"):
            self.write("/dev/full")

    @needs_posix
    def test_a_pipe(self, tmp_path):
        path = tmp_path / "pipe"
        os.mkfifo(path)
        read = []
        reader = threading.Thread(target=lambda: read.append(path.read_text()), daemon=True)
        reader.start()
        self.write(path)
        reader.join(10)
        assert read == ["new"]
        assert path.is_fifo()
