"""`trainer VERB ...` and `python -m trainer VERB ...`: finds the verb, and imports no more than that verb needs."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from trainer import __version__
from trainer.commands.command import complain
from trainer.commands.verbs import VERBS
from trainer.ground.values import nearest

HELP = {"-h", "--help"}
COMPLETION = ("-sc", "--shell-completion")
# Of a preview, which leaves the model aside.
LOOKED_AT = "hydra.run.dir=outputs/preview-${hydra.runtime.choices.data}/${now:%Y-%m-%d_%H-%M-%S}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`, by default those of the command line.

    Without a verb, as in `trainer model=mlp`, a network is trained.

    Returns:
        The exit code: 0; 1 where something went wrong; 2 for a mistake in the arguments or the configuration; 128 plus
        its number after a signal, so 130 after Ctrl-C.
    """
    try:
        return _do(list(sys.argv[1:] if arguments is None else arguments))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return 0


def _do(given: list[str]) -> int:
    if given == ["--version"]:
        print(f"trainer {__version__}")
        return 0
    if {*COMPLETION} & {*given}:
        from trainer.commands import completion

        return completion.main(given)
    named = bool(given) and given[0] in VERBS
    if problem := None if named else _misplaced(given):
        complain(problem)
        return 2
    verb, rest = (given[0], given[1:]) if named else ("train", given)
    task = VERBS[verb].task
    if task and HELP & {*rest}:
        from trainer.commands import usage

        print(usage.text(verb if named else None, rest))
        return 0
    try:
        Path.cwd()
    except FileNotFoundError:
        complain("the current folder no longer exists; go to another one")
        return 1
    if not task:
        return import_module(f"trainer.commands.{verb}").main(rest)
    from trainer.commands import app

    first = [] if task == "train" else [f"task={task}"]
    return app.main([*first, *([LOOKED_AT] if task == "preview" else []), *rest])


def _misplaced(given: Sequence[str]) -> str | None:
    """Return what is wrong with words that name no verb: all of them should be KEY=VALUE or options."""
    for place, word in enumerate(given):
        is_value = place > 0 and given[place - 1].startswith("-")  # perhaps of an option such as --config-dir
        if word.startswith(("-", "~", "+")) or "=" in word or is_value:
            continue
        if word in VERBS:
            return f"{word}: the verb comes first, as in trainer {word} ..."
        if place == 0:
            meant = nearest(word, VERBS)
            remedy = f"did you mean 'trainer {meant}'?" if meant else "'trainer --help' lists all"
            return f"{word}: no such verb; {remedy}"
    return None
