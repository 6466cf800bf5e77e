"""A sweep without a directory: two keys, two seeds, one setting that fails."""

import pytest

from trainer.pages.report.sweep.facts import Run, Setting, SweepFacts

GOALS = {
    ("mlp", "0.1"): (0.9, 0.94),
    ("mlp", "0.01"): (0.8, 0.82),
    ("cnn", "0.1"): (0.7, 0.71),
    ("cnn", "0.01"): (0.6, 0.58),
}

NUMBERS = {key: 2 * place for place, key in enumerate([*GOALS, ("cnn", "1")])}


def _run(model: str, lr: str, seed: int, goal: float | None) -> Run:
    rows = [{"epoch": epoch, "val_accuracy": (goal or 0.1) * epoch / 3, "val_loss": 1 / epoch} for epoch in (1, 2, 3)]
    values = {"model": model, "lr": lr, "seed": str(seed)}
    status, reason = ("failed", "the loss is <nan>") if goal is None else ("completed", "")
    page = f"{model}{lr}{seed}/report.html" if seed else ""
    name = f"{NUMBERS[model, lr] + seed:02}_{model},{lr},{seed}"
    return Run(name, status, values, goal, {"test_loss": 1.5, "seconds": 2.0}, reason, page, rows)


@pytest.fixture(scope="session")
def sweep() -> SweepFacts:
    goals = {**GOALS, ("cnn", "1"): (None, None)}
    settings = [
        Setting(
            f"model={model}, lr={lr}", {"model": model, "lr": lr}, [_run(model, lr, *each) for each in enumerate(pair)]
        )
        for (model, lr), pair in goals.items()
    ]
    figures = ["test_loss", "seconds"]
    return SweepFacts(
        "it", "best_val_accuracy", True, ["model", "lr"], settings, "The best:", "trainer", figures, False
    )
