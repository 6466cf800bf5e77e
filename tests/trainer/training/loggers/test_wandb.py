"""A run for W&B, read from the file that it uploads, and for trackio, read back by trackio."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.training.loggers import WandB

BLOCK = 32768  # of the log: records are cut at its borders


@pytest.mark.parametrize("module", ["wandb", "trackio"])
def test_without_the_package(monkeypatch, module):
    monkeypatch.setattr("trainer.training.loggers.wandb.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=f"needs {module}; python -m pip install"):
        WandB(module)


def test_another_module_or_mode():
    with pytest.raises(ValueError, match="module: 'os' is not one of wandb and trackio"):
        WandB("os")
    with pytest.raises(ValueError, match="mode: 'onlin' is not one of offline and online"):
        WandB("wandb", mode="onlin")


@pytest.mark.process
@pytest.mark.slow
def test_wandb(tracked):
    pytest.importorskip("wandb")
    directory = tracked(_target_="trainer.loggers.WandB")
    files = sorted(directory.glob("wandb/offline-run-*/run-*.wandb"))
    assert len({file.name for file in files}) == 1, "both parts are of one run"
    found = [record for file in files for record in records(file)]
    history = [{item.nested_key[0]: json.loads(item.value_json) for item in record.history.item}
               for record in found if record.WhichOneof("record_type") == "history"]  # fmt: skip
    for name in ("loss/train", "dead/act1", "fc1.weight", "gradients/fc1.weight"):
        assert [row["_step"] for row in history if name in row] == [1, 2]
    assert [row["_step"] for row in history if "filters" in row] == [0, 1, 2]
    assert {record.run.run_group for record in found if record.WhichOneof("record_type") == "run"} == {"sweep"}
    config = [update.key for record in found for update in record.run.config.update]
    assert "optimizer.lr" in config
    assert any("checkpoints/best.safetensors" in item.path for record in found for item in record.files.files)


@pytest.mark.slow
def test_trackio(tracked, tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    pytest.importorskip("trackio")
    tracked(_target_="trainer.loggers.WandB", module="trackio")
    from trackio.sqlite_storage import SQLiteStorage

    (name,) = SQLiteStorage.get_runs("sweep")
    rows = SQLiteStorage.get_logs("sweep", name)
    for figure in ("loss/train", "fc1.weight", "gradients/fc1.weight"):
        assert [row["step"] for row in rows if figure in row] == [1, 2]
    assert [row["step"] for row in rows if "filters" in row] == [0, 1, 2]
    assert SQLiteStorage.get_run_config("sweep", name)["_Group"] == "sweep"


def records(file: Path) -> Iterator[object]:
    """Yield the records of a LevelDB log, https://github.com/google/leveldb/blob/main/doc/log_format.md."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, place, parts = file.read_bytes(), 7, []  # behind W&B's own header
    while place + 7 <= len(content):
        if BLOCK - place % BLOCK < 7:
            place += BLOCK - place % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", content, place)
        parts.append(content[place + 7 : place + 7 + length])
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield Record.FromString(b"".join(parts))
            parts = []
