"""What a run was started with, as files."""

import pytest
from hydra.core.hydra_config import HydraConfig

from trainer.compose.configure import compose, without_hydra
from trainer.compose.describe import describe
from trainer.runs.folder import CONFIG, MACHINERY, OVERRIDES
from trainer.runs.records import read_yaml


@pytest.fixture
def composed(monkeypatch):
    """A configuration, as Hydra composes it for a run that is going on."""
    whole = compose(["model=mlp", "optimizer.lr=0.5"])
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)
    HydraConfig.instance().set_config(whole)
    return without_hydra(whole)


def test_the_files_that_hydra_would_write(composed, tmp_path):
    describe(tmp_path, composed)
    assert {path.name for path in (tmp_path / ".hydra").iterdir()} == {"config.yaml", "hydra.yaml", "overrides.yaml"}
    assert read_yaml(tmp_path / CONFIG)["optimizer"]["lr"] == 0.5
    assert [*read_yaml(tmp_path / MACHINERY)] == ["hydra"]
    assert read_yaml(tmp_path / OVERRIDES) == ["model=mlp", "optimizer.lr=0.5"]


def test_a_full_disk_leaves_no_half_of_a_file(composed, tmp_path, monkeypatch):
    describe(tmp_path, composed)
    before = (tmp_path / CONFIG).read_text()

    def fill(self, text, **_):
        self.open("w").write(text[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", fill)
    composed.epochs = 99
    with pytest.raises(OSError, match="No space left"):
        describe(tmp_path, composed)
    assert (tmp_path / CONFIG).read_text() == before
