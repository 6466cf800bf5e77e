"""`trainer graph`: the configured network as a picture."""

import logging
from pathlib import Path
from typing import Any

from trainer.engine.setup import Setup
from trainer.ground.files import replacing
from trainer.runs import named
from trainer.runs.folder import PLOTS

log = logging.getLogger("trainer")


def graph(config: dict[str, Any], directory: Path) -> None:
    """Write plots/graph.png, plots/maps.png, both also as SVG for slides, and plots/graph.dot for Graphviz."""
    from trainer.views import save
    from trainer.views.folding import learned
    from trainer.views.graph import dot
    from trainer.views.maps import draw_maps
    from trainer.views.network import draw_graph

    network = Setup(config).graph
    title = named.name(directory, config)
    subtitle = f"{sum(learned(network, node) for node in network.nodes):,} parameters"
    for name, draw in (("graph", draw_graph), ("maps", draw_maps)):
        figure = draw(network, title, subtitle)
        for ending in ("png", "svg"):
            save(figure, directory / PLOTS / f"{name}.{ending}")
    text = directory / PLOTS / "graph.dot"
    with replacing(text) as path:
        path.write_text(dot(network), encoding="utf-8")
    log.info("the network is drawn in %s, and as maps in maps.png; graph.svg and maps.svg are for slides, graph.dot for"
             " Graphviz", directory / PLOTS / "graph.png")  # fmt: skip
