"""Cross-validation: a run for each fold, and what they give in the mean."""

import numpy as np
import pytest

from tests.helpers.process import FAST
from tests.helpers.runs import composed
from tests.helpers.training import small_config
from trainer.engine.setup import Setup
from trainer.ground.errors import ConfigError, DataError
from trainer.sweep.folds import arguments
from trainer.sweep.summary import Summary


def test_the_folds_share_the_training_examples_and_the_test_stays():
    whole = Setup(small_config("validation=0.0")).splits()
    held = []
    for number in (1, 2, 3):
        splits = Setup(small_config(f"fold={number}/3")).splits()
        assert len(splits.train) + len(splits.validation) == len(whole.train)
        np.testing.assert_array_equal(splits.test.inputs, whole.test.inputs)
        held.append(splits.validation)
    rows = np.concatenate([part.inputs for part in held]).reshape(len(whole.train), -1)
    expected = whole.train.inputs.reshape(len(whole.train), -1)
    assert sorted(map(bytes, rows)) == sorted(map(bytes, expected))
    counts = np.array([np.bincount(part.targets, minlength=10) for part in held])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def test_other_seeds_have_other_folds():
    one, other = (Setup(small_config("fold=1/3", f"seed={seed}")).splits().validation for seed in (0, 1))
    assert not np.array_equal(one.inputs, other.inputs)


@pytest.mark.parametrize("fold", ["0/5", "6/5", "half"])
def test_what_is_no_fold_is_refused(fold):
    with pytest.raises(ConfigError, match=f"'{fold}' is not a fold; the second of five is 2/5") as caught:
        Setup(small_config(f"fold={fold}"))
    assert caught.value.key == "fold"


def test_data_with_validation_examples_of_their_own_have_no_folds(tmp_path):
    inputs, labels = np.zeros((30, 4)), np.arange(30) % 3
    np.savez(tmp_path / "mine.npz", x_train=inputs, y_train=labels, x_val=inputs, y_val=labels)
    (tmp_path / "book.txt").write_text("abc " * 500)
    with pytest.raises(DataError, match="cross_validation: arrays has validation examples of its own; leave it out"):
        composed("model=mlp", "data=arrays", f"data.file={tmp_path / 'mine.npz'}", "fold=1/3")
    with pytest.raises(DataError, match=r"cross_validation: a text is read in order, so it has no folds; leave it out"):
        composed("model=char_mlp", "data=text", f"data.file={tmp_path / 'book.txt'}", "fold=1/3")


def test_the_option_is_a_sweep_over_all_folds():
    assert arguments(["model=mlp", "cross_validation=3"]) == ["--multirun", "model=mlp", "fold=1/3,2/3,3/3"]
    assert arguments(["-m", "cross_validation=2", "seed=0,1"]) == ["-m", "seed=0,1", "fold=1/2,2/2"]
    assert arguments(["model=mlp", "cross_validation=null"]) == ["model=mlp"]
    for wrong in ("1", "0.2", "-3", "many", "100000"):
        with pytest.raises(ConfigError, match=f"{wrong} is not a number of folds from 2 to 1000"):
            arguments([f"cross_validation={wrong}"])


@pytest.mark.slow
def test_one_command_trains_all_folds_and_one_summary_has_their_mean(trainer_here, tmp_path, capsys):
    assert trainer_here(*FAST, "data=digits", "epochs=1", "cross_validation=3", "hydra.sweep.dir=out") == 0
    summary = Summary(tmp_path / "out")
    assert sorted(job.name for job in summary.jobs) == ["00_fold=1-3", "01_fold=2-3", "02_fold=3-3"]
    found = [job.result["best"]["val_accuracy"] for job in summary.jobs]
    line = f"mean: best_val_accuracy {np.mean(found):.4f} ± {np.std(found, ddof=1):.4f} (3 folds)"
    assert line in capsys.readouterr().out
    assert "## Mean ± standard deviation over folds" in (tmp_path / "out/summary.md").read_text()
    assert trainer_here("resume=out") == 0
    assert line in capsys.readouterr().out
