"""From the configuration to its callbacks."""

from typing import Any

from trainer.ground.targets import instantiate
from trainer.training.callbacks.callback import Callback


def make_callbacks(config: dict[str, Any]) -> list[Callback]:
    """Return the callbacks of a checked configuration. Raises ConfigError."""
    callbacks = []
    for name, spec in config["callbacks"].items():
        if spec:
            callback = instantiate(spec, Callback, f"callbacks.{name}", allow=config["allow"])
            callback.name = name
            callbacks.append(callback)
    return callbacks
