"""What a run is called, and what it has reached."""

import pytest

from tests.helpers.runs import TINY, make_run
from trainer import load
from trainer.runs.named import name, reached, title

CONFIG = {"data": {"_target_": "datasets.Digits"}, "seed": 3}


def write(folder, name, text):
    (folder / ".hydra").mkdir(parents=True, exist_ok=True)
    (folder / ".hydra" / name).write_text(text)


def test_choices_are_what_the_command_line_recorded(tmp_path):
    write(tmp_path, "overrides.yaml", "- model=mlp\n- data=mnist\n")
    assert title(tmp_path, CONFIG) == "mlp on mnist, seed 3"
    write(tmp_path, "hydra.yaml", "hydra: {runtime: {choices: {model: lenet5, data: digits}}}\n")
    assert title(tmp_path, CONFIG) == "lenet5 on digits, seed 3"


def test_the_name_of_the_folder_helps(tmp_path):
    assert title(tmp_path / "mlp-sine" / "now", CONFIG) == "mlp on sine, seed 3"


def test_data_of_ones_own_have_the_name_of_their_file(tmp_path):
    write(tmp_path, "hydra.yaml", "hydra: {runtime: {choices: {model: table_mlp, data: table}}}\n")
    table = {"_target_": "datasets.Table", "file": "../data/houses.csv", "target": "price"}
    assert name(tmp_path, {"data": table}) == "table_mlp on houses.csv, price"
    assert name(tmp_path, {"data": {"_target_": "datasets.Images", "root": "my/flowers"}}) == "table_mlp on flowers"
    assert name(tmp_path, {"data": {"_target_": "datasets.MNIST", "root": "/data"}}) == "table_mlp on table"


@pytest.mark.parametrize("damage", ["", "[", "- 3", "{a: b}", "hydra: 1"])
def test_without_a_record_the_configuration_helps(damage, tmp_path):
    write(tmp_path, "overrides.yaml", damage)
    write(tmp_path, "hydra.yaml", damage)
    run = make_run(tmp_path / "run", *TINY)
    assert title(run, load(run).config) == "a network on Digits, seed 0"


def test_what_was_reached():
    best = {"epoch": 7, "val_accuracy": 0.9653, "val_loss": 0.1}
    done = {"status": "completed", "epochs": 8, "best": best, "best_by": "val_accuracy", "test": {"accuracy": 0.98333}}
    assert reached(done) == "test accuracy 0.9833, weights of epoch 7 of 8"
    assert reached(done | {"test": None}) == "validation accuracy 0.9653, weights of epoch 7 of 8"
    stopped = done | {"status": "stopped", "test": None, "planned_epochs": 20, "error": "SIGINT"}
    assert reached(stopped).endswith("weights of epoch 7 of 8, stopped after epoch 8 of 20")
    failed = {"status": "failed", "epochs": 2, "planned_epochs": 9, "error": "the loss is\nnot finite"}
    assert reached(failed) == "epoch 2, failed after epoch 2 of 9: the loss is not finite"
    assert reached({}) == ""
