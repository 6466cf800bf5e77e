"""Fashion-MNIST: its files and classes, none of them MNIST's."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.helpers.data import NAMES
from trainer.datasets import MNIST, FashionMNIST

COLLECTION = os.environ.get("TRAINER_DATA")


def test_it_has_four_files_from_several_places():
    assert {*FashionMNIST.sha256} == {f"{name}.gz" for name in NAMES}
    assert len({*FashionMNIST.mirrors}) >= 3


@pytest.mark.skipif(not COLLECTION, reason="TRAINER_DATA names no real data")
def test_a_download_is_held_against_the_real_files():
    files = [file for name in FashionMNIST.sha256 if (file := Path(COLLECTION) / FashionMNIST.name / name).is_file()]
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert found == {name: FashionMNIST.sha256[name] for name in found}


def test_nothing_is_taken_for_mnist():
    assert not {*FashionMNIST.sha256.values()} & {*MNIST.sha256.values()}
    assert not {*FashionMNIST.mirrors} & {*MNIST.mirrors}
    assert (FashionMNIST.name, FashionMNIST.torchvision_folder) == ("fashion_mnist", "FashionMNIST")
    assert len({*FashionMNIST.class_names}) == 10
