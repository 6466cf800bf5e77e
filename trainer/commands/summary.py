"""`trainer summary`: the layers of the configured network."""

import logging
from pathlib import Path
from typing import Any

from trainer.engine.setup import Setup
from trainer.ground.text import printable
from trainer.runs import start

log = logging.getLogger("trainer")


def summary(config: dict[str, Any], directory: Path) -> None:
    """Show the table of layers, how the data were understood, and what the network would start from."""
    setup = Setup(config)
    log.info("%s", "\n".join([setup.graph.summary(), *map(printable, setup.dataset.described())]))
    if begin := start.read(config, setup.graph):
        log.info("%s", begin)
