"""The verbs of `trainer VERB …`. A new one is a line here and a file of its name in this folder."""

from dataclasses import dataclass

CONFIGURATION = "[GROUP=NAME ...] [KEY=VALUE ...]"


@dataclass(frozen=True)
class Verb:
    """What the command line must know about a verb before it imports it.

    Attributes:
        does: What it does, in one line.
        arguments: As help shows them.
        task: The task of a configuration that it does (`task=...`); a verb without one has a function
            `main(arguments) -> exit code` in the module of its name.
    """

    does: str
    arguments: str
    task: str = ""


VERBS = {
    "train": Verb("train a network; this verb may be left out", CONFIGURATION, "train"),
    "resume": Verb("resume a run or a sweep that ended early", "RUN [KEY=VALUE ...]"),
    "sweep": Verb("train once for each combination of values, and compare", "KEY=VALUE,VALUE ... | DIR"),
    "evaluate": Verb("measure the network of a run on labelled examples", "RUN"),
    "predict": Verb(
        "predict with the network of a run: pictures, arrays, a table, a text", "RUN FILE ... | RUN --prompt TEXT"
    ),
    "report": Verb("write a page that shows how runs and sweeps went", "RUN ... [--open | --live]"),
    "show": Verb("make a page in which you draw, type or move an input and watch the network of a run respond", "RUN"),
    "explain": Verb("follow one example through the network of a run and back, number by number", "RUN --example N"),
    "export": Verb("write the network of a run for other programs", "RUN --to FILE"),
    "runs": Verb("list runs and their results, compare them, remove unwanted ones", "[compare | clean] [RUN ...]"),
    "verify": Verb("check whether two runs are the same to the last bit", "RUN RUN"),
    "plots": Verb("draw pictures of a run or a sweep: curves, mistakes, filters, and more", "RUN_OR_SWEEP [NAME ...]"),
    "preview": Verb("look at data before training: examples, ranges, leaks, simple answers", CONFIGURATION, "preview"),
    "summary": Verb("print the layers of a network", CONFIGURATION, "summary"),
    "graph": Verb("draw a network", CONFIGURATION, "graph"),
    "gradcheck": Verb("check every gradient of a network by finite differences", CONFIGURATION, "gradcheck"),
    "profile": Verb("show where the time of a training step goes", CONFIGURATION, "profile"),
    "doctor": Verb("check what is installed, how fast it can be, and which data is here", ""),
    "new": Verb("make a folder to start from: a model, a layer, data, an experiment and a notebook", "FOLDER"),
}

RUN = (
    "directory of a run (its best weights, else the last) or of a sweep (its best run), a checkpoint, "
    "or the word last: the newest run under outputs/"
)
