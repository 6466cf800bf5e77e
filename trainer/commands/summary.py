"""`trainer summary`: the layers of the configured network."""

import logging
from pathlib import Path
from typing import Any

from trainer.engine.setup import Setup

log = logging.getLogger("trainer")


def summary(config: dict[str, Any], directory: Path) -> None:
    """Show the layer table."""
    log.info("%s", Setup(config).graph.summary())
