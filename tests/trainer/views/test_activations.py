"""The picture of the activations."""

import sys

import numpy as np
import pytest

from trainer.models import ReLU, Softmax, Tanh
from trainer.views.__main__ import main
from trainer.views.activations import activations, draw_activations, evaluate


def test_one_panel_for_each_activation():
    titles = [axes.get_title(loc="left") for axes in draw_activations().axes]
    assert {"ReLU", "LeakyReLU", "Sigmoid", "Tanh", "GELU", "SiLU", "ELU", "Softplus"} <= set(titles)
    assert titles[-1] == "Softmax of (x, 0, 0)"
    assert len(titles) == len(activations())


@pytest.mark.parametrize("name", activations())
def test_curves_are_the_derivatives(name):
    x = np.linspace(-5, 5, 4001)
    y, dy = evaluate(activations()[name], x)
    away = np.abs(x[1:-1]) > 0.01  # from kinks
    np.testing.assert_allclose(dy[1:-1][away], ((y[2:] - y[:-2]) / (x[2] - x[0]))[away], atol=1e-5)


def test_values():
    x = np.array([-2.0, 0.0, 2.0])
    np.testing.assert_array_equal(evaluate(ReLU(), x), [[0, 0, 2], [0, 0, 1]])
    np.testing.assert_allclose(evaluate(Tanh(), x), [np.tanh(x), 1 - np.tanh(x) ** 2])
    np.testing.assert_allclose(evaluate(Softmax(), x)[0], np.exp(x) / (np.exp(x) + 2))


@pytest.mark.slow
def test_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["trainer.views", "activations"])
    assert main() == 0
    assert (tmp_path / capsys.readouterr().out.strip()).read_bytes().startswith(b"\x89PNG")
    (tmp_path / "file").touch()
    sys.argv.append("file/picture.png")
    assert main() == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
