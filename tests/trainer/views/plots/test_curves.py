"""Learning curves: what is drawn for which history."""

import warnings

import pytest

from tests.helpers.figures import assert_readable
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
    assert lines(loss)["training"] == [row["train_loss"] for row in rows]
    assert lines(loss)["validation"] == [row["val_loss"] for row in rows]
    assert list(lines(accuracy))[:2] == ["training", "validation"]


def test_each_panel_marks_its_own_best_and_says_what_is_kept():
    rows = history(4)
    for row, loss, accuracy in zip(rows, (0.5, 0.3, 0.4, 0.6), (0.6, 0.7, 0.9, 0.8), strict=True):
        row |= {"val_loss": loss, "val_accuracy": accuracy}
    loss, accuracy = draw_curves(rows, kept=3, kept_by="accuracy").axes
    assert list(lines(loss)) == ["training", "validation", "lowest: 0.3000, epoch 2", "kept: epoch 3, by accuracy"]
    assert lines(loss)["lowest: 0.3000, epoch 2"] == [0.3]
    assert list(lines(accuracy)) == ["training", "validation", "highest: 0.9000, epoch 3", "kept: epoch 3, by accuracy"]
    loss.figure.canvas.draw()
    assert loss.get_legend().get_window_extent().y0 >= loss.bbox.y1  # above the curves
    assert [line.get_xdata()[0] for line in loss.lines if line.get_label().startswith("kept")] == [3]


@pytest.mark.parametrize(("kept", "marked"), [(3, 3), (4, 2), (None, 2)])
def test_of_equally_good_epochs_the_one_that_is_kept_is_marked(kept, marked):
    rows = [row | {"val_accuracy": value} for row, value in zip(history(4), (0.5, 0.9, 0.9, 0.8), strict=True)]
    _, accuracy = draw_curves(rows, kept, "accuracy").axes
    assert f"highest: 0.9000, epoch {marked}" in lines(accuracy)


def test_one_epoch_is_visible_and_on_a_whole_tick():
    figure = draw_curves(history(1), kept=1)
    figure.canvas.draw()
    for axes in figure.axes:
        assert all(line.get_marker() == "o" for line in axes.lines if line.get_label() in ("training", "validation"))
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
    assert list(lines(axes)) == ["training"]


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
    assert lines(figure.axes[0])["training"] == [rows[0]["train_loss"]]


def test_the_learning_rate_lies_beneath_and_the_title_says_which_run():
    rows = [row | {"lr": 0.1 / row["epoch"]} for row in history(5)]
    figure = draw_curves(rows, 4, "accuracy", "lenet5 on digits, seed 0", "test accuracy 0.9833")
    loss, rate, accuracy, _ = figure.axes
    assert [text.get_text() for text in figure.texts] == ["lenet5 on digits, seed 0", "test accuracy 0.9833"]
    assert list(rate.lines[0].get_ydata()) == [row["lr"] for row in rows]
    assert rate.get_position().y1 < loss.get_position().y0
    assert (loss.get_xlim(), rate.get_xlabel(), accuracy.get_xlabel()) == (rate.get_xlim(), "epoch", "")
    assert_readable(figure)


def test_a_learning_rate_that_never_changes_is_said():
    figure = draw_curves([row | {"lr": 0.003} for row in history(5)], title="mlp on mnist, seed 1")
    assert len(figure.axes) == 2
    assert figure.texts[1].get_text() == "learning rate 0.003"
    assert len(draw_curves([row | {"lr": 1e-8} for row in history(1)], title="one epoch").texts) == 1  # its last step


def test_a_title_is_never_cut():
    title = "a network with a very long name on a data set with a longer one, seed 123456"
    figure = draw_curves(history(3, accuracy=False), title=title, reached="failed after epoch 3: " + 9 * "many words ")
    assert_readable(figure)
    assert figure.texts[0].get_text().replace("\n", " ") == title
