"""`trainer graph`: the configured network as a picture."""

import logging
from pathlib import Path
from typing import Any

from trainer.engine.setup import Setup
from trainer.ground.files import replacing
from trainer.runs.folder import PLOTS

log = logging.getLogger("trainer")


def graph(config: dict[str, Any], directory: Path) -> None:
    """Write plots/graph.png, and plots/graph.dot for Graphviz."""
    from trainer.views import save
    from trainer.views.graph import dot, draw_graph

    network = Setup(config).graph
    picture, text = directory / PLOTS / "graph.png", directory / PLOTS / "graph.dot"
    save(draw_graph(network), picture)
    with replacing(text) as path:
        path.write_text(dot(network), encoding="utf-8")
    log.info("the network is drawn in %s and %s", picture, text)
