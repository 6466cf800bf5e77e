"""`resume=DIR` of a whole sweep: its command once more, into the same directory."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from trainer.ground.overrides import last, parts, quoted
from trainer.ground.values import ConfigError
from trainer.runs.folder import RECORD


def arguments(given: Sequence[str]) -> list[str]:
    """Returns the arguments that do what `given` asks for: those of a sweep where `resume=` names one, else the same.

    A directory is not to decide which code is run: --config-dir, allow, and options of Hydra's but for its launcher's
    have to be given again.

    Raises:
        ConfigError: the sweep's record is damaged.
    """
    resumed = last("resume", given)
    directory = Path(resumed) if resumed else None
    if directory is None or not (record := directory / RECORD).is_file():
        return list(given)
    try:
        overrides = yaml.safe_load(record.read_text(encoding="utf-8"))["hydra"]["overrides"]
        saved = [str(override) for override in [*overrides["hydra"], *overrides["task"]]]
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        problem = f"{record} is damaged; give the sweep's command again, with hydra.sweep.dir"
        raise ConfigError(problem, "resume") from error
    kept = [override for override in saved if _harmless(override)]
    changes = [argument for argument in given if parts(argument).key != "resume"]
    return ["--multirun", *kept, *changes, f"hydra.sweep.dir={quoted(str(directory))}"]


def _harmless(override: str) -> bool:
    name = parts(override).key
    launcher = name == "hydra/launcher" or (name.startswith("hydra.launcher.") and "_target_" not in override)
    return launcher or not (name.startswith(("hydra", "allow", "-")) or "@" in name)
