"""`trainer summary`: the layers of the configured network."""

import logging
from pathlib import Path
from typing import Any

from trainer.engine.setup import Setup
from trainer.ground.text import printable

log = logging.getLogger("trainer")


def summary(config: dict[str, Any], directory: Path) -> None:
    """Show the layer table, and how the data were understood."""
    setup = Setup(config)
    log.info("%s", "\n".join([setup.graph.summary(), *map(printable, setup.dataset.described())]))
