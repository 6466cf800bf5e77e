"""Lets a network continue a text: `trainer predict RUN --prompt "The "`."""

import argparse
import json
import sys

from trainer.commands import command
from trainer.ground import console
from trainer.runs.network import Network
from trainer.runs.sampling import continued

LAYOUT = "\n\t"  # characters that may go to a terminal besides the printable ones
DEFAULTS = {"length": 500, "temperature": 0.8, "seed": 0}


def predict(network: Network, options: argparse.Namespace) -> int:
    """Continue the text as the options of `trainer predict` say; return the exit code."""
    given = {name: getattr(options, name) for name in DEFAULTS if getattr(options, name) is not None}
    characters = continued(network, options.prompt, **DEFAULTS | given)
    if unknown := sorted(set(options.prompt) - set(network.classes)):
        console.tell(f"the network has not seen {command.printable(' '.join(map(repr, unknown)))}; taken for unknown")
    if options.json:
        print(json.dumps({"prompt": options.prompt, "text": "".join(characters)}))
        return 0
    _write(options.prompt)
    for character in characters:
        _write(character)
    _write("\n")
    return 0


def _write(text: str) -> None:
    """Show text as it comes, with control characters escaped."""
    sys.stdout.write("".join(c if c in LAYOUT else command.printable(c) for c in text))
    sys.stdout.flush()
