"""What a run was started with, as files in its directory."""

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from trainer.ground.files import replacing
from trainer.runs.folder import CONFIG, DESCRIPTION, MACHINERY, OVERRIDES


def describe(directory: Path, composed: DictConfig, machinery: DictConfig) -> None:
    """Write the files that Hydra would write, but each one whole, so that a full disk leaves none half written.

    Args:
        directory: Of the run; it exists.
        composed: What Hydra composed, without its own node.
        machinery: Hydra's own node.
    """
    whole = OmegaConf.create({"hydra": machinery})
    (directory / DESCRIPTION).mkdir(exist_ok=True)
    for name, content in ((MACHINERY, whole), (OVERRIDES, machinery.overrides.task), (CONFIG, composed)):
        with replacing(directory / name) as path:
            path.write_text(OmegaConf.to_yaml(content), encoding="utf-8")
