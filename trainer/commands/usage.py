"""What `trainer --help` and the verbs that take a configuration print."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from trainer import CONFIGS
from trainer.commands.command import Parser
from trainer.commands.verbs import CONFIGURATION, VERBS

COMMON = """\
common overrides:
  epochs=12 batch_size=128 seed=1      how long, how many at a time, which random numbers
  validation=0.1 precision=float64     share kept for validation, arithmetic
  optimizer.lr=0.01                    an option of a chosen group
  model.layers.fc1.out_features=256    an option of one layer
  ~model.layers.drop1                  leave a layer out
  callbacks.early_stopping.patience=5  stop when val_loss has not improved for 5 epochs
  debug=fast_dev_run                   one batch of everything, to see that it works
  hydra/launcher=joblib                the runs of a sweep at once, one per core
  hydra.run.dir=DIR                    where the results go
"""
OWN = """\
your own configurations and code, for which `trainer new FOLDER` makes a folder to start from:
  --config-dir DIR                     the choices in DIR besides those above, as in DIR/model/mine.yaml
  'allow=[PACKAGE]'                    a package of yours whose classes the configuration may name
"""
DOCS = "Documentation: docs/README.md lists the pages; docs/configuration.md is about all of the above."
ERRORS = "Errors are one line; HYDRA_FULL_ERROR=1 adds the traceback."


def text(verb: str | None, arguments: Sequence[str] = ()) -> str:
    """Return the help of a verb that takes a configuration, or, for None, of the whole program.

    Args:
        verb: A key of `VERBS`.
        arguments: The other arguments, which may name a folder of configurations with --config-dir.
    """
    parser = Parser(verb, arguments=None if verb else f"[VERB] {CONFIGURATION}")
    folder = parser.add_argument("--config-dir", "-cd", metavar="DIR", help="a folder with your own configurations")
    if verb in (None, "train"):
        parser.add_quiet()
        parser.add_argument("--like", metavar="RUN", help="train again exactly as that run did")
    parser.add_argument("--cfg", "-c", metavar="job", help="print the composed configuration and stop")
    if verb in (None, "train"):
        parser.add_argument("--multirun", "-m", action="store_true", help="the same as the verb sweep")
    if verb is None:
        parser.add_argument("--version", action="store_true", help="print the version")
        width = max(map(len, VERBS))
        verbs = "".join(f"\n  {name:<{width}}  {verb.does}" for name, verb in VERBS.items())
        heading = "verbs, each with its own help, as in trainer evaluate --help:"
        parser.description = f"{parser.description}\n\n{heading}{verbs}"
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    finder.add_argument(*folder.option_strings, dest="folders", type=Path, action="append", default=[])
    try:
        folders = finder.parse_known_args([*arguments])[0].folders
    except argparse.ArgumentError:  # --config-dir without a folder; help is wanted anyway
        folders = []
    parser.epilog = "\n".join([f"choices of each group:\n{choices(folders)}", COMMON, OWN, DOCS, ERRORS])
    return parser.format_help().rstrip()


def choices(folders: Sequence[Path]) -> str:
    """Return a line for each choice of each configuration group: `group=name` and the file's first comment.

    Args:
        folders: With configurations besides ours.
    """
    described = {}
    for folder in (CONFIGS, *folders):
        for file in folder.rglob("*/*.yaml"):
            group, name = file.parent.relative_to(folder).as_posix(), file.stem
            with file.open(encoding="utf-8", errors="replace") as text:
                comments = (line for line in text if line.startswith("#") and not line.startswith("# @package"))
                described[f"{group}={name}"] = next(comments, "#")[1:].strip()
    width = max(map(len, described))
    return "".join(f"  {choice:<{width}}  {what}".rstrip() + "\n" for choice, what in sorted(described.items()))
