"""`trainer summary`: the layers of the configured network."""

import logging
from pathlib import Path
from typing import Any

from trainer.engine.setup import Setup
from trainer.runs import start

log = logging.getLogger("trainer")


def summary(config: dict[str, Any], directory: Path) -> None:
    """Show the layer table, and what the network would start from."""
    graph = Setup(config).graph
    log.info("%s", graph.summary())
    if begin := start.read(config, graph):
        log.info("%s", begin)
