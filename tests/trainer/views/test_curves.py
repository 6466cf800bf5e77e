"""Learning curves: what is drawn for which history."""

import warnings

import pytest

from trainer.views import draw_curves


def history(epochs: int, accuracy: bool = True, first_loss: float = 1.0) -> list[dict]:
    rows = []
    for epoch in range(1, epochs + 1):
        row = {"epoch": epoch, "train_loss": first_loss / epoch, "val_loss": 1.1 * first_loss / epoch}
        if accuracy:
            row |= {"train_accuracy": 1 - 0.3 / epoch, "val_accuracy": 1 - 0.4 / epoch}
        rows.append(row)
    return rows


def lines(axes) -> dict[str, list]:
    return {line.get_label(): list(line.get_ydata()) for line in axes.lines if not line.get_label().startswith("_")}


def test_loss_and_accuracy_of_training_and_validation():
    rows = history(4)
    loss, accuracy = draw_curves(rows).axes
    assert lines(loss)["train"] == [row["train_loss"] for row in rows]
    assert lines(loss)["validation"] == [row["val_loss"] for row in rows]
    assert list(lines(accuracy))[:2] == ["train", "validation"]


def test_each_panel_marks_its_own_best_and_says_what_is_kept():
    rows = history(4)
    for row, loss, accuracy in zip(rows, (0.5, 0.3, 0.4, 0.6), (0.6, 0.7, 0.9, 0.8), strict=True):
        row |= {"val_loss": loss, "val_accuracy": accuracy}
    loss, accuracy = draw_curves(rows, kept=3, kept_by="accuracy").axes
    assert list(lines(loss)) == ["train", "validation", "best, epoch 2: 0.3000", "kept: epoch 3, by accuracy"]
    assert lines(loss)["best, epoch 2: 0.3000"] == [0.3]
    assert list(lines(accuracy)) == ["train", "validation", "best, epoch 3: 0.9000", "kept: epoch 3, by accuracy"]
    assert [line.get_xdata()[0] for line in loss.lines if line.get_label().startswith("kept")] == [3]


@pytest.mark.parametrize(("kept", "marked"), [(3, 3), (4, 2), (None, 2)])
def test_of_equally_good_epochs_the_one_that_is_kept_is_marked(kept, marked):
    rows = [row | {"val_accuracy": value} for row, value in zip(history(4), (0.5, 0.9, 0.9, 0.8), strict=True)]
    _, accuracy = draw_curves(rows, kept, "accuracy").axes
    assert f"best, epoch {marked}: 0.9000" in lines(accuracy)


def test_one_epoch_is_visible_and_on_a_whole_tick():
    figure = draw_curves(history(1), kept=1)
    figure.canvas.draw()
    for axes in figure.axes:
        assert all(line.get_marker() == "o" for line in axes.lines if line.get_label() in ("train", "validation"))
        low, high = axes.get_xlim()
        assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]


@pytest.mark.parametrize("missing", [{}, {"train_accuracy": None, "val_accuracy": None}])
def test_a_task_without_accuracy_has_one_panel(missing):
    rows = [row | missing for row in history(3, accuracy=False)]
    (axes,) = draw_curves(rows).axes
    assert axes.get_title(loc="left") == "Loss"


def test_no_validation_no_curve():
    rows = [row | {"val_loss": None} for row in history(3, accuracy=False)]
    (axes,) = draw_curves(rows, kept=2).axes
    assert list(lines(axes)) == ["train"]


def test_a_loss_that_falls_far_has_a_logarithmic_axis():
    assert draw_curves(history(100)).axes[0].get_yscale() == "log"
    assert draw_curves(history(10)).axes[0].get_yscale() == "linear"


def test_a_diverged_run_draws_without_a_warning():
    rows = history(3)
    rows[1]["train_loss"] = float("nan")
    rows[2] |= {"train_loss": float("nan"), "val_loss": float("inf")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw_curves(rows, kept=1)
        figure.canvas.draw()
        draw_curves([{"epoch": 1, "train_loss": float("nan"), "val_loss": float("nan")}]).canvas.draw()
    assert lines(figure.axes[0])["train"] == [rows[0]["train_loss"]]
