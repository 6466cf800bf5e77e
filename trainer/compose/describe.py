"""What a run was started with, as files in its directory."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from trainer.compose.plain import as_yaml
from trainer.ground.files import replacing
from trainer.runs.folder import CONFIG, DESCRIPTION, MACHINERY, OVERRIDES


def describe(directory: Path, composed: DictConfig) -> None:
    """Write the files that Hydra would write, but each one whole, so that a full disk leaves none half written.

    Args:
        directory: The directory of the run; it exists.
        composed: What Hydra composed, without its own node.
    """
    machinery = HydraConfig.get()
    (directory / DESCRIPTION).mkdir(exist_ok=True)
    contents = ((MACHINERY, {"hydra": machinery}), (OVERRIDES, machinery.overrides.task), (CONFIG, composed))
    for name, content in contents:
        with replacing(directory / name) as path:
            path.write_text(as_yaml(content), encoding="utf-8")
