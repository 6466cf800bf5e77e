"""`resume=DIR` of a sweep."""

import shlex

import pytest
import yaml

from trainer.ground.values import ConfigError
from trainer.runs.folder import RECORD
from trainer.sweep.resume import arguments


def record(directory, hydra=(), task=()):
    directory.mkdir()
    overrides = {"hydra": list(hydra), "task": list(task)}
    (directory / RECORD).write_text(yaml.safe_dump({"hydra": {"overrides": overrides}}))
    return directory


def test_everything_else_passes(tmp_path):
    for given in (["epochs=3"], ["resume=nowhere"], [f"resume={tmp_path}"], []):
        assert arguments(given) == given


def test_the_command_of_the_sweep(tmp_path):
    hydra = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=/old"]
    sweep = record(tmp_path / "it's", hydra, ["resume=/old", "model=mlp,lenet5", "+x='a b'", "~callbacks.curves"])
    assert arguments([f"resume={sweep}", "hydra.launcher.n_jobs=1"]) == [
        "--multirun", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "model=mlp,lenet5", "+x='a b'",
        "~callbacks.curves", "hydra.launcher.n_jobs=1", f"hydra.sweep.dir='{tmp_path}/it\\'s'",
    ]


def test_a_search_keeps_its_options(tmp_path):
    """Else it would make other suggestions, and another number of them."""
    hydra = ["hydra.sweeper.search.trials=6", "hydra.sweeper.search.seed=3", "hydra.sweeper.search.at_once=2",
             "hydra.sweeper.search.startup=2", "hydra.sweeper.search.prune=false", "hydra.sweeper.search.warmup=0",
             "+hydra.sweeper.params.optimizer.lr='interval(0.1,1)'"]
    task = ["search=optuna", "'model.layers.fc1.out_features=tag(int, log, interval(8, 256))'"[1:-1]]
    sweep = record(tmp_path / "sweep", hydra, task)
    assert arguments([f"resume={sweep}"]) == ["--multirun", *hydra, *task, f"hydra.sweep.dir='{sweep}'"]


STRANGE = [
    *("allow=[os]", "+allow=[os]", "--config-dir=/tmp", "-cd=/tmp", " allow=[os]", "x\n.y=1"),
    *("hydra.launcher._target_=os.system", "+hydra.callbacks.x={_target_: os.system}", "hydra.searchpath=[file:/x]"),
    *("++hydra.callbacks.x._target_=os.system", "hydra/callbacks=x", "x@hydra.callbacks=y", "hydra.run.dir=/tmp"),
    *("hydra.launcher.x={_target_: os.system}", "hydra.launcher.setup=[curl x]", "hydra.launcher={setup: [x]}"),
    *("hydra.launcher.partition='a\n#'", "hydra.launcher.pre_dispatch=1", "hydra.launcher.submitit_folder=/tmp"),
    *("hydra.launcher.partition='x y'", "hydra/launcher=../evil", "hydra/sweeper=evil", "hydra.job_logging.root.x=1"),
    *("hydra.sweeper.params={allow: '[os]'}", "hydra.sweeper.params.allow=[os]", "hydra.sweeper.search.trials=[1,'x']"),
    *("experiment=../../evil", "experiment=/tmp/evil", "model=mlp,../evil", "data.root=/etc", "data.root='~/x'"),
    *("data.root=C:\\x", "data={root: /etc}", "+x=${oc.env:HOME}", "+x='${now:%Y}'", "model=file://evil", "x=\x1b"),
]


@pytest.mark.parametrize("override", STRANGE)
@pytest.mark.parametrize("kind", ["hydra", "task"])
def test_a_directory_decides_neither_which_code_is_run_nor_where(kind, override, tmp_path):
    sweep = record(tmp_path / "sweep", **{kind: [override]})
    with pytest.raises(ConfigError) as caught:
        arguments([f"resume={sweep}"])
    line = str(caught.value)
    hint = line.partition("give it again: ")[2]
    assert shlex.split(hint) == ["trainer", "resume", str(sweep), override]
    with pytest.raises(ConfigError, match="what is resumed continues in its directory; leave this out"):
        arguments([f"resume={sweep}", "hydra.sweep.dir=elsewhere"])
    if not override.startswith(("-", " ")):  # a trusting user's word counts
        assert arguments([f"resume={sweep}", override])[1:-1] == [override]


@pytest.mark.parametrize(
    "content",
    ["", "hydra: 5", "{", "hydra: {overrides: {hydra: []}}", "\x00", "hydra: {overrides: {hydra: [], task: [1]}}",
     "hydra: {overrides: {hydra: x, task: {}}}"],
)  # fmt: skip
def test_a_damaged_record_is_one_line(content, tmp_path):
    (tmp_path / RECORD).write_text(content)
    with pytest.raises(ConfigError, match="is damaged; give the sweep's command again"):
        arguments([f"resume={tmp_path}"])
