"""`trainer train --like RUN`: trains again exactly as a run did."""

from collections.abc import Sequence

from trainer.compose.saved import NAME, store
from trainer.ground.errors import ConfigError
from trainer.ground.overrides import group, last, quoted
from trainer.runs import checkpoint
from trainer.runs.find import find
from trainer.runs.records import workers_of
from trainer.runs.trust import checked_config, find_checkpoint


def composition(run: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return the name of the configuration that Hydra is to compose, and the arguments to give it.

    The configuration is the one in the run's checkpoint, with as many workers as the run had; the arguments may change
    values of it.

    Args:
        run: As the user called it.
        arguments: The other arguments of the command line.

    Raises:
        ConfigError, CheckpointError, OSError: There is no such run, or it cannot be done like this.
    """
    directory = find(run)
    for argument in arguments:
        if argument in ("-m", "--multirun"):
            raise ConfigError("--like: a run is repeated alone, without --multirun")
        if kept := group(argument):
            raise ConfigError(f"--like: the {kept} is that of the run; give options of it, as in {kept}.KEY=VALUE")
    saved = checkpoint.read(find_checkpoint(directory))
    config = checked_config(saved.metadata["config"], (), saved.origin) | {"resume": None}
    if workers := workers_of(directory):
        config["parallel"] |= {"workers": workers}
    store(config)
    if last("hydra.run.dir", arguments) is None:
        name = directory.absolute().parent.name if directory.is_dir() else "again"
        place = f"outputs/{name}/".replace("${", "") + "${now:%Y-%m-%d_%H-%M-%S}"
        arguments = [*arguments, f"hydra.run.dir={quoted(place, interpolated=True)}"]
    return NAME, list(arguments)
