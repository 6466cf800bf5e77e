"""MNIST: its files and classes."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.helpers.data import NAMES
from trainer.datasets import MNIST

COLLECTION = os.environ.get("TRAINER_DATA")


def test_it_has_four_files_from_several_places():
    assert {*MNIST.sha256} == {f"{name}.gz" for name in NAMES}
    assert len({*MNIST.mirrors}) >= 3


@pytest.mark.skipif(not COLLECTION, reason="TRAINER_DATA names no real data")
def test_a_download_is_held_against_the_real_files():
    files = [file for name in MNIST.sha256 if (file := Path(COLLECTION) / MNIST.name / name).is_file()]
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert found == {name: MNIST.sha256[name] for name in found}


def test_a_class_is_the_digit_it_is_called():
    assert [int(name) for name in MNIST.class_names] == [*range(10)]
