"""What sweeps compare runs by."""

from math import inf, nan

import pytest

from trainer.ground.values import ConfigError
from trainer.training.objective import check, value, worst

RESULT = {
    "status": "completed",
    "best": {"epoch": 3, "val_loss": 0.2, "val_accuracy": 0.9},
    "final": {"val_loss": 0.3, "val_accuracy": 0.8},
}


@pytest.mark.parametrize(
    ("objective", "number"),
    [("best_val_accuracy", 0.9), ("best_val_loss", 0.2), ("final_val_accuracy", 0.8), ("final_val_loss", 0.3)],
)
def test_value(objective, number):
    assert value(RESULT, objective) == number


@pytest.mark.parametrize(
    "result",
    [None, {}, {"status": "failed"}, RESULT | {"status": "failed"}, {"status": "completed", "best": None},
     {"status": "completed", "best": {"val_accuracy": nan, "val_loss": nan}}],
)
@pytest.mark.parametrize(("objective", "least"), [("best_val_accuracy", -inf), ("best_val_loss", inf)])
def test_without_a_number_it_is_the_worst_and_never_nan(result, objective, least):
    assert value(result, objective) == worst(objective) == least


def test_no_accuracy_without_classes():
    check("best_val_accuracy", 10)
    check("best_val_loss", None)
    with pytest.raises(ConfigError, match="choose best_val_loss"):
        check("final_val_accuracy", None)
