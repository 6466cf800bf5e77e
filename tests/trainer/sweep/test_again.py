"""`resume=DIR` of a sweep."""

import pytest
import yaml

from trainer.ground.values import ConfigError
from trainer.sweep.again import arguments


def record(directory, hydra=(), task=()):
    directory.mkdir()
    overrides = {"hydra": list(hydra), "task": list(task)}
    (directory / "multirun.yaml").write_text(yaml.safe_dump({"hydra": {"overrides": overrides}}))
    return directory


def test_everything_else_passes(tmp_path):
    for given in (["epochs=3"], ["resume=nowhere"], [f"resume={tmp_path}"], []):
        assert arguments(given) == given


def test_the_command_of_the_sweep(tmp_path):
    sweep = record(tmp_path / "it's", ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=old"],
                   ["model=mlp,lenet5", "+x='a b'"])
    assert arguments([f"resume={sweep}", "hydra.launcher.n_jobs=1"]) == [
        "--multirun", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "model=mlp,lenet5", "+x='a b'",
        "hydra.launcher.n_jobs=1", f"hydra.sweep.dir='{tmp_path}/it\\'s'",
    ]


@pytest.mark.parametrize(
    "override",
    ["allow=[os]", "+allow=[os]", "hydra.launcher._target_=os.system", "+hydra.callbacks.x={_target_: os.system}",
     "++hydra.callbacks.x._target_=os.system", "hydra.searchpath=[file:///tmp]", "--config-dir=/tmp", "-cd=/tmp",
     "hydra/callbacks=x", "x@hydra.callbacks=y", "hydra.launcher.x={_target_: os.system}"],
)
def test_a_directory_does_not_decide_which_code_is_run(override, tmp_path):
    for kind in ({"hydra": [override]}, {"task": [override]}):
        sweep = record(tmp_path / next(iter(kind)), **kind)
        assert arguments([f"resume={sweep}"]) == ["--multirun", f"hydra.sweep.dir='{sweep}'"]


@pytest.mark.parametrize("content", ["", "hydra: 5", "{", "hydra: {overrides: {hydra: []}}", "\x00"])
def test_a_damaged_record_is_one_line(content, tmp_path):
    (tmp_path / "multirun.yaml").write_text(content)
    with pytest.raises(ConfigError, match="is damaged; give the sweep's command again"):
        arguments([f"resume={tmp_path}"])
