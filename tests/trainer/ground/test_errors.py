"""Mistakes of the user's carry their place."""

import pickle
import subprocess
import sys

import pytest

import trainer
from trainer.ground import errors
from trainer.ground.errors import ConfigError, ForeignError, GraphError, UserError, limited

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UserError)]


def test_text_is_place_and_message():
    error = ConfigError("0 is not in [1, inf)", "epochs")
    assert str(error) == "0 is not in [1, inf)"
    error.place = "epochs"
    assert str(error) == "epochs: 0 is not in [1, inf)"


def test_graph_error_is_told_with_its_key_until_the_place_is_known():
    error = GraphError("no node 'a'", "choose another", "model.layers.b")
    assert str(error) == "model.layers.b: no node 'a'; choose another"
    error.place = "configs/model/x.yaml:3: model.layers.b"
    assert str(error) == "configs/model/x.yaml:3: model.layers.b: no node 'a'; choose another"


@pytest.mark.parametrize("kind", KINDS)
def test_whole_after_another_process(kind):
    error = kind("wrong", "mine", "a.b") if kind is ForeignError else kind("wrong", key="a.b")
    error.message = "wrong"
    error.place = "a=1"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.key) == (kind, "a=1: wrong", "a.b")


@pytest.mark.parametrize(
    ("error", "is_limit"),
    [
        (RuntimeError("can't start new thread"), True),
        (ImportError("_image.so: failed to map segment from shared object"), True),
        (ImportError("No module named 'mine'"), False),
        (RuntimeError("told twice"), False),
        (OSError(12, "Cannot allocate memory"), False),  # which says enough itself
    ],
)
def test_what_the_system_does_not_give(error, is_limit):
    found = limited(error)
    assert (found is not None) == is_limit
    if found:
        assert str(error) in str(found)
        assert "ulimit" in str(found)


@pytest.mark.process
@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("trainer.models", ("hydra", "omegaconf", "yaml", "matplotlib", "trainer.ground.values", "trainer.datasets")),
        ("trainer.compose.errors", ("numpy", "matplotlib", "trainer.models", "trainer.engine", "trainer.runs")),
    ],
)
def test_importing_one_room_does_not_import_the_house(module, heavy):
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=trainer.ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
