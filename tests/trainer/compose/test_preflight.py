"""A configuration is checked whole before a directory is made."""

import pytest

from tests.helpers.training import LAYERS, small_config
from trainer.compose.preflight import check
from trainer.engine.setup import Setup
from trainer.models import GraphError
from trainer.runs.locked import locked


def test_a_right_configuration_gives_its_objects():
    assert isinstance(check(small_config()), Setup)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"objective": "best_val_acuracy"}, "objective"),
        ({"callbacks": {"mine": {"_target_": "trainer.callbacks.Nothing"}}}, "callbacks.mine._target_"),
        ({"model": {"layers": {"a": {"_target_": "models.Linear"}}}}, "model.layers.a"),
    ],
)
def test_everything_is_checked_but_the_data(changes, key):
    config = small_config() | {"data": small_config()["data"] | {"_target_": "datasets.Digits"}} | changes
    with pytest.raises(Exception) as caught:
        check(config)
    assert caught.value.key == key


def test_an_end_that_does_not_fit_is_the_last_layers():
    layers = {name: LAYERS[name] for name in ("flatten", "fc1")}  # 16 outputs for 10 classes
    with pytest.raises((GraphError, ValueError, Exception)) as caught:
        check(small_config(model={"layers": layers}))
    assert caught.value.key == "model.layers.fc1"


@pytest.mark.parametrize("mistake", ["epochs=0", "optimizer.lr=-1", "model.layers.fc1.out_features=0", "objective=x"])
def test_a_mistake_makes_no_directory(mistake, trainer_here, tmp_path, capfd):
    assert trainer_here("model=mlp", mistake) == 2
    assert capfd.readouterr().err.startswith(f"error: {mistake.partition('=')[0]}")
    assert [*tmp_path.iterdir()] == []


def test_the_directory_of_another_run_is_left_as_it_is(trainer_here, tmp_path, capfd):
    (tmp_path / "taken").mkdir()
    with locked(tmp_path / "taken"):
        assert trainer_here("task=summary", "model=mlp", "hydra.run.dir=taken") == 2
    assert capfd.readouterr().err.startswith("error: taken: another run is writing here")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == [".lock"]


def test_a_run_without_a_directory_by_hand_gets_one_of_its_own(trainer_here, tmp_path, monkeypatch):
    for _ in range(2):
        assert trainer_here("task=summary", "model=mlp", "hydra.run.dir=given") == 0
        assert trainer_here("task=summary", "model=mlp") == 0
    assert [*tmp_path.glob("given*")] == [tmp_path / "given"]
    assert len([*tmp_path.glob("outputs/mlp-digits/*")]) == 2
