"""Parameters of a network that keep their values, as `freeze` of a configuration names them."""

from collections.abc import Sequence

from trainer.ground.errors import ConfigError
from trainer.ground.patterns import select
from trainer.models import Graph


def frozen(graph: Graph, patterns: Sequence[str]) -> Graph:
    """Return the network with those of its learned parameters frozen that the patterns match.

    Raises:
        ConfigError: A pattern matches none, or nothing is left to be learned.
    """
    learned = [name for name, parameter in graph.parameters.items() if parameter.trainable]
    try:
        kept = {name for pattern in patterns for name in select(pattern, learned, "parameter")}
    except ValueError as error:
        raise ConfigError(str(error), "freeze") from None
    if kept and len(kept) == len(learned):
        raise ConfigError("nothing is left to be learned; leave a pattern out", "freeze")
    return graph.freeze(kept) if kept else graph
