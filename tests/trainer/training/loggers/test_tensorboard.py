"""A run for TensorBoard, read back by TensorBoard."""

import pytest

from trainer.training.loggers import TensorBoard


def test_without_the_package(monkeypatch):
    monkeypatch.setattr("trainer.training.loggers.tensorboard.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs tensorboardX; python -m pip install"):
        TensorBoard()


@pytest.mark.slow
def test_a_run_that_was_resumed(tracked):
    pytest.importorskip("tensorboardX")
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    folder = tracked(_target_="trainer.loggers.TensorBoard") / "tensorboard"
    found = reader.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
    found.Reload()
    tags = found.Tags()
    assert {"loss/train", "accuracy/val", "lr", "loss/test"} <= {*tags["scalars"]}
    assert [event.step for event in found.Scalars("loss/train")] == [1, 2]
    assert "fc1.weight" in tags["histograms"]
    for name in ("fc1.weight", "gradients/fc1.weight"):
        histograms = found.Histograms(name)
        assert [event.step for event in histograms] == [1, 2]
        assert histograms[0].histogram_value.num == 64 * 16
    assert [event.step for event in found.Images("filters")] == [0, 1, 2]
    assert found.Images("curves")[-1].width > 500
    assert "optimizer.lr | 0.003" in found.Tensors("settings/text_summary")[0].tensor_proto.string_val[0].decode()
