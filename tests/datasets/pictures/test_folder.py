"""Folders of pictures, as people keep them."""

import json

import numpy as np
import pytest
from PIL import Image

from trainer.datasets import DataError
from trainer.datasets.pictures.folder import list_pictures, pictures_in

CATS_AND_DOGS = ("cat/1.png", "cat/2.png", "dog/deeper/3.JPG")


@pytest.fixture
def make(tmp_path):
    def make(*names, text=None):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                Image.new("L", (4, 4)).save(path, "PNG")
            else:
                path.write_text(text, encoding="utf-8")
        return tmp_path

    return make


def listed(root):
    listing = list_pictures(root)
    assert listing.labels.dtype == np.int64
    names = [path.relative_to(root).as_posix() for path in listing.paths]
    return [(*each,) for each in zip(names, [listing.classes[i] for i in listing.labels], listing.splits, strict=True)]


def test_a_folder_for_each_class(make):
    expected = [("cat/1.png", "cat", ""), ("cat/2.png", "cat", ""), ("dog/deeper/3.JPG", "dog", "")]
    assert listed(make(*CATS_AND_DOGS)) == expected


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_folders_for_the_splits(make, name):
    make(*(f"train/{each}" for each in CATS_AND_DOGS))
    root = make(f"{name}/dog/1.png", "test/cat/9.png")
    expected = [(f"train/{each}", each[:3], "train") for each in CATS_AND_DOGS]
    assert listed(root) == [*expected, (f"{name}/dog/1.png", "dog", "validation"), ("test/cat/9.png", "cat", "test")]


def test_metadata_as_csv(make):
    make("1.png", "2.png")
    root = make("metadata.csv", text="\ufefffile_name,label\n1.png,dog\n2.png,cat\n")
    assert listed(root) == [("1.png", "dog", ""), ("2.png", "cat", "")]


def test_metadata_as_json_lines_of_each_split(make):
    make("train/1.png", "train/2.png", "test/1.png")
    lines = [json.dumps({"file_name": f"{n}.png", "label": n}) for n in (1, 2)]
    make("train/metadata.jsonl", text="\n".join(lines))
    root = make("test/metadata.jsonl", text=lines[0])
    assert listed(root) == [("train/1.png", "1", "train"), ("train/2.png", "2", "train"), ("test/1.png", "1", "test")]


def test_whole_numbers_are_sorted_by_their_value(make):
    assert list_pictures(make("10/a.png", "9/b.png", "other/c.png")).classes == ("9", "10", "other")


def test_what_systems_leave_behind_is_skipped_and_other_files_are_counted(make):
    make(*CATS_AND_DOGS)
    root = make("cat/._1.png", ".DS_Store", "cat/notes.txt", "dog/x.heic", "dog/y.heic", text="")
    listing = list_pictures(root)
    assert len(listing.paths) == 3
    assert listing.left_out == {".txt": 1, ".heic": 2}
    assert [path.name for path in pictures_in(root)] == ["1.png", "2.png", "3.JPG"]


@pytest.mark.parametrize(
    ("pictures", "texts", "problem"),
    [
        ([], {}, "holds no pictures"),
        ([], {"cat/a.heic": "", "dog/b.heic": ""}, "cat: holds no pictures; left out: 1 .heic"),
        (["cat/1.png"], {}, "all pictures are of class 'cat'"),
        (["cat/1.png", "dog/2.png", "3.png"], {}, "3.png: lies in no class's folder; move it into one, or give"),
        (["train/cat/1.png", "train/dog/2.png", "test/cow/3.png"], {}, "no picture to train on is of class 'cow'"),
        (["1.png"], {"metadata.csv": "file_name,label\n1.png,a\n2.png,b\n"}, "metadata.csv:3: 2.png is not there"),
        (["1.png"], {"metadata.csv": "file_name,label\n1.png,a\n1.png,b\n"}, "metadata.csv:3: 1.png is named in"),
        (["1.png"], {"metadata.csv": "file_name,label\n1.png,\n"}, "metadata.csv:2: has no label"),
        (["1.png"], {"metadata.csv": "name,kind\n1.png,a\n"}, "metadata.csv:2: has no file_name"),
        (["1.png"], {"metadata.csv": "file_name,label\n../x.png,a\n"}, "csv:2: ../x.png is not in this folder"),
        (["1.png"], {"metadata.jsonl": "{"}, "metadata.jsonl:1: is no JSON"),
        (["1.png"], {"metadata.jsonl": "[1]"}, "metadata.jsonl:1: is no JSON object"),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_line(make, tmp_path, pictures, texts, problem):
    make(*pictures)
    for name, text in texts.items():
        make(name, text=text)
    with pytest.raises(DataError) as refused:
        list_pictures(tmp_path)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="none: no such folder; set data"):
        list_pictures(tmp_path / "none")
    with pytest.raises(DataError, match="holds no pictures"):
        pictures_in(tmp_path)
