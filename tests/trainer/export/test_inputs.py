"""What written graphs take."""

import json

import numpy as np
import pytest

from tests.helpers.runs import make_run
from trainer import load
from trainer.export import ExportError, export

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def test_values_are_given_as_they_are_stored(tmp_path):
    values = np.random.default_rng(0).normal([5, 1.7e9, 0], [1, 1e3, 1e-3], (60, 3))  # float32 has no digits for these
    np.savez(tmp_path / "values.npz", inputs=values, targets=np.arange(60) % 2)
    network = load(make_run(tmp_path / "run", "model=mlp", "data=arrays", f"data.file={tmp_path / 'values.npz'}"))
    export(network, tmp_path / "model.onnx", preprocessing=True)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (taken,) = session.get_inputs()
    assert (taken.name, taken.type, taken.shape) == ("numbers", "tensor(double)", ["batch", 3])
    (outputs,) = session.run(None, {"numbers": values})
    np.testing.assert_allclose(outputs, network.run(network.prepare(values)), rtol=1e-4, atol=1e-5)
    assert np.ptp(outputs, axis=0).min() > 0.1


def test_a_text_is_given_as_places_of_its_characters(tmp_path):
    (tmp_path / "story.txt").write_text("the cat sat on the mat.\n" * 20)
    overrides = ("model=char_mlp", "data=text", f"data.file={tmp_path / 'story.txt'}", "data.context=8")
    network = load(make_run(tmp_path / "run", *overrides))
    assert export(network, tmp_path / "model.onnx")["difference"] <= 1e-5
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (taken,) = session.get_inputs()
    assert (taken.name, taken.type, taken.shape) == ("input", "tensor(int64)", ["batch", 8])
    vocabulary = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    places = np.array([[vocabulary.index(character) for character in "n the ca"]])
    (logits,) = session.run(None, {"input": places})
    np.testing.assert_allclose(logits, network.run(network.prepare("on the ca")), rtol=1e-4, atol=1e-5)
    with pytest.raises(ExportError, match="takes numbers of characters, which need no preprocessing; leave out"):
        export(network, tmp_path / "model.onnx", preprocessing=True)
