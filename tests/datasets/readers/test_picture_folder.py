"""Folders of pictures, as people keep them."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from trainer.datasets import DataError
from trainer.datasets.readers.picture_folder import list_pictures, pictures_in

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


@pytest.mark.parametrize(
    "text", ["id,species\n1.png,dog\nx/2.png,cat\n", "label;when;image\ndog;;1.png\ncat;;x\\2.png\n"]
)
def test_a_flat_folder_and_a_table_elsewhere(make, text, tmp_path):
    make("photos/1.png", "photos/x/2.png", "photos/3.png", "photos/x/notes.txt")
    listing = list_pictures(tmp_path / "photos", make("kinds.csv", text=text) / "kinds.csv")
    assert [path.name for path in listing.paths] == ["1.png", "2.png"]
    assert [listing.classes[label] for label in listing.labels] == ["dog", "cat"]
    assert listing.remarks() == [f"{tmp_path / 'photos'}: left out: 1 without a line in kinds.csv"]


def test_metadata_of_all_splits_in_one_file(make):
    make("train/1.png", "train/2.png", "test/3.png")
    root = make("metadata.csv", text="file_name,label\ntest/3.png,a\ntrain/1.png,a\ntrain/2.png,b\n")
    assert [split for *_, split in listed(root)] == ["train", "train", "test"]


def test_a_class_may_be_called_train(make):
    assert list_pictures(make("plane/1.png", "train/2.png", "car/3.png")).classes == ("car", "plane", "train")


def test_folders_beside_those_of_the_splits_are_said(make):
    root = make(*(f"train/{each}" for each in CATS_AND_DOGS), "extra/cat/1.png")
    assert list_pictures(root).remarks() == [f"{root}: left out: 1 folder extra"]


def test_classes_that_differ_in_case_only_are_said(make):
    root = make("Cat/1.png", "cat/2.png", "dog/3.png")
    assert list_pictures(root).remarks() == [
        f"{root}: Cat and cat are different classes; if they are one, give them one name"
    ]


def test_links_are_followed_but_not_in_circles(make, tmp_path):
    root = make("photos/cat/1.png", "elsewhere/deep/2.png") / "photos"
    (root / "dog").symlink_to(tmp_path / "elsewhere")
    (root / "cat" / "3.png").symlink_to(root / "cat" / "1.png")
    (root / "cat" / "4.png").symlink_to(tmp_path / "gone.png")  # will be said when it is read
    assert [path.name for path in list_pictures(root).paths] == ["1.png", "3.png", "4.png", "2.png"]
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"round: is a link to a folder that contains it; remove the link"):
        list_pictures(root)


def test_a_folder_that_may_not_be_read(make, monkeypatch):
    root = make(*CATS_AND_DOGS)
    real = os.scandir

    def refusing(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(DataError, match=r"dog: Permission denied; let it be read, or remove it"):
        list_pictures(root)


def test_whole_numbers_are_sorted_by_their_value(make):
    assert list_pictures(make("10/a.png", "9/b.png", "other/c.png")).classes == ("9", "10", "other")


def test_what_systems_leave_behind_is_skipped_and_other_files_are_counted(make):
    make(*CATS_AND_DOGS)
    root = make("cat/._1.png", ".DS_Store", "cat/notes.txt", "dog/x.heic", "dog/y.heic", text="")
    listing = list_pictures(root)
    assert len(listing.paths) == 3
    assert listing.remarks() == [f"{root}: left out: 1 .txt, 2 .heic"]
    assert [path.name for path in pictures_in(root)] == ["1.png", "2.png", "3.JPG"]


@pytest.mark.parametrize(
    ("pictures", "texts", "problem"),
    [
        ([], {}, "holds no pictures"),
        ([], {"cat/a.heic": "", "dog/b.heic": ""}, "cat: holds no pictures; left out: 1 .heic"),
        (["cat/1.png"], {}, "all pictures are of class 'cat'"),
        (["cat/1.png", "dog/2.png", "3.png"], {}, "3.png: is in no class folder; move it into one, or give"),
        (["train/cat/1.png", "train/dog/2.png", "test/cow/3.png"], {}, "no picture to train on is of class 'cow'"),
        (
            ["1.png"],
            {"metadata.csv": "file_name,label\n1.png,a\n2.png,b\nx/3.png,b\n"},
            "metadata.csv: 2 of its 3 pictures are not in ROOT: 2.png (line 3), x/3.png (line 4); add them, or remove",
        ),
        (["a.png"], {"labels.csv": "a.png,cat\n"}, "labels.csv:1: a.png is not the name of a column; begin with"),
        (["a.png"], {"labels.csv": "file,kind,age\n"}, "labels.csv:1: has the columns file, kind, age; call one file"),
        (["a.png"], {"labels.csv": ""}, "labels.csv:1: has the columns none; call one file_name and one label"),
        (["a.png"], {"labels.csv": 'file_name,label\na.png,"x"y\n'}, "labels.csv:2: is not valid CSV ("),
        (["box/cat/1.png", "box/dog/2.png"], {}, "make a folder for each class, or set data.root=ROOT/box"),
        (["cat/1.png"], {"dog/.DS_Store": "", "dog/Thumbs.db": ""}, "ROOT/dog: holds no pictures; add some, or remove"),
        (["1.png"], {"metadata.csv": "file_name,label\n1.png,a\n1.png,b\n"}, "metadata.csv:3: 1.png is already in"),
        (["1.png"], {"metadata.csv": "file_name,label\n1.png,\n"}, "metadata.csv:2: has no label"),
        (["1.png"], {"metadata.jsonl": '{"name": "1.png", "label": "a"}'}, "metadata.jsonl:1: has no file_name"),
        (["1.png"], {"metadata.csv": "file_name,label\n../x.png,a\n"}, "csv:2: ../x.png is not in this folder"),
        (["1.png"], {"metadata.jsonl": "{"}, "metadata.jsonl:1: is not valid JSON"),
        (["1.png"], {"metadata.jsonl": "[1]"}, "metadata.jsonl:1: is not a JSON object"),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_line(make, tmp_path, pictures, texts, problem):
    make(*pictures)
    for name, text in texts.items():
        make(name, text=text)
    with pytest.raises(DataError) as refused:
        list_pictures(tmp_path)
    assert problem.replace("ROOT", str(tmp_path)) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="none: no such folder; set data"):
        list_pictures(tmp_path / "none")
    with pytest.raises(DataError, match="holds no pictures"):
        pictures_in(tmp_path)
