"""`--augment flip,shift`: predictions that are means over several views of an image."""

from __future__ import annotations

from argparse import ArgumentParser, _ArgumentGroup
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainer.ground.values import ConfigError

if TYPE_CHECKING:
    from trainer.datasets.transforms import View
    from trainer.runs.network import Network

FLAG = "--augment"


def add_augment(parser: ArgumentParser | _ArgumentGroup, what: str) -> None:
    """Take the option, whose help says `what` is done for the views."""
    parser.add_argument(
        FLAG,
        metavar="VIEWS",
        type=lambda text: text.split(","),
        default=[],
        help=f"{what} for several views of each image: flip, also mirrored; shift, also one pixel up, down, left and "
        "right, shift=2 two; flip,shift all together",
    )


def views_of(network: Network, names: Sequence[str]) -> list[View]:
    """Return the views of an image that `names` ask for; none if they ask for nothing. Raises ConfigError."""
    try:
        return network.views(names) if names else []
    except ValueError as error:
        raise ConfigError(str(error), f"{FLAG} {','.join(names)}") from None
