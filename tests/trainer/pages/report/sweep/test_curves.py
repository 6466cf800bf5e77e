"""Curves of settings."""

from dataclasses import replace

import pytest

from trainer.pages.report.sweep.curves import curves


def test_the_objective_first_and_failed_ones_are_named(sweep):
    section = curves(sweep)
    assert [*section.charts] == ["sweep-val_accuracy", "sweep-val_loss"]
    assert "Failed: model=cnn, lr=1 (2 of 2)." in section.body
    rows = section.charts["sweep-val_accuracy"]["data"]["values"]
    assert rows[2] == pytest.approx(
        {"series": "s0", "setting": "model=mlp, lr=0.1", "epoch": 3, "mean": 0.92, "low": 0.9, "high": 0.94}
    )


def test_a_diverged_run_leaves_the_chart_to_the_others(sweep):
    wild = [replace(run, rows=[{"epoch": 1, "val_loss": 1e30}]) for run in sweep.settings[-1].runs]
    settings = [*sweep.settings[:-1], replace(sweep.settings[-1], runs=wild)]
    layers = curves(replace(sweep, settings=settings)).charts["sweep-val_loss"]["layer"]
    low, high = layers[2]["encoding"]["y"]["scale"]["domain"]
    assert (low, high) == (1 / 3, 1)


def test_without_epochs_there_are_none(sweep):
    assert curves(replace(sweep, settings=[])) is None
