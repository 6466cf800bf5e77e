"""`cross_validation=5`: a sweep over the five folds of the training examples."""

from collections.abc import Sequence

from trainer.ground.overrides import last, parts
from trainer.ground.values import ConfigError

OPTION = "cross_validation"
MOST = 1000


def arguments(given: Sequence[str]) -> list[str]:
    """Return the arguments of a sweep over all folds where `given` asks for a cross-validation, else the same.

    Raises:
        ConfigError: The number of folds is wrong.
    """
    count = last(OPTION, given)
    others = [argument for argument in given if parts(argument).key != OPTION]
    if count in (None, "null"):
        return others
    if not str(count).isdecimal() or not 2 <= int(count) <= MOST:
        raise ConfigError(f"{count} is not a number of folds from 2 to {MOST}", OPTION)
    flag = [] if {"-m", "--multirun"} & {*others} else ["--multirun"]
    return [*flag, *others, "fold=" + ",".join(f"{number}/{count}" for number in range(1, int(count) + 1))]
