"""`trainer evaluate RUN`: how well the network of a run does on labelled examples."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainer import CONFIGS, datasets
from trainer.commands import command
from trainer.commands.augment import add_augment, views_of
from trainer.compose.configure import compose
from trainer.compose.plain import resolved, with_values
from trainer.ground import console, strict_json
from trainer.ground.overrides import parts
from trainer.ground.targets import instantiate
from trainer.ground.values import ConfigError, suggestion
from trainer.models import GraphError
from trainer.problems import shown
from trainer.runs import named
from trainer.runs.folder import CHECKPOINTS, pictures
from trainer.runs.measured import ALL, Measured, averaged, is_of_run, measured
from trainer.runs.network import Network, load
from trainer.runs.trust import located

MEANS = "(macro: of the classes that occur, true or predicted; weighted: by their examples; as in scikit-learn)"
MOST_PRINTED = 20  # classes of a confusion matrix that fits a terminal


def evaluate(
    network: Network,
    split: str = "test",
    dataset: datasets.Dataset | None = None,
    k: int = 3,
    everything: bool = False,
    augment: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the loss and other figures; for classes also top-k accuracy, precision, recall and F1.

    On the run's own data they equal the run's figures to the last digit: the same examples go through the network in
    the same batches and shards.

    Args:
        network: As `load` returns it.
        split: train, validation or test, drawn as in the run. For other data, also all: their test part if they have
            one, else everything.
        dataset: Data other than the run's; what the run learned from its own data, such as mean and std, is applied.
        k: For the top-k accuracy.
        everything: Take all examples of the split, even if the run had a limit.
        augment: Measure also the mean of the predictions for several views of each image: "flip", "shift", "shift=2".

    Returns:
        examples (how many), available (out of how many), the figures by name, and the `details` of the problem. On the
        run's own data also baseline: name and figures of the best answer that is the same for every example. With
        `augment`, augmented: the number of views, and the figures of the means.

    Raises:
        ConfigError, GraphError: The data does not fit the network, the split has no examples, or images no such views.
        DataError: It cannot be read.
    """
    views = views_of(network, augment)
    found = measured(network, split, dataset, everything)
    names = network.classes or network.dataset.value_names
    details = network.problem.details(found.outputs, found.targets, names, k)
    counts = {"examples": len(found.outputs), "available": found.available}
    result = counts | found.figures | {**details, **found.figures}
    if known := _baseline(network, found, names, k):
        result["baseline"] = known
    if views:
        means = averaged(network, found, views)
        shared = _shared(network.problem.details(means.outputs, found.targets, names, k))
        result["augmented"] = {"views": len(views), **shared, **means.figures}
    return result


def _baseline(network: Network, found: Measured, names: Sequence[str], k: int) -> dict[str, Any] | None:
    """Return name and figures of the best constant answer, as many as the network's; None where there is none."""
    if found.baseline is None or found.baseline.outputs is None:
        return None
    outputs = np.broadcast_to(found.baseline.outputs, (len(found.outputs), found.baseline.outputs.size))
    details = network.problem.details(outputs.reshape(found.outputs.shape), found.targets, names, k)
    return {"name": found.baseline.name, **_shared(details), **found.baseline.figures[found.split]}


def _shared(details: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that are shown beside the network's."""
    return {name: value for name, value in details.items() if isinstance(value, float) or name == "top_k"}


def report(result: dict[str, Any]) -> str:
    """Return what `evaluate` returned, for the terminal."""
    beside = [("network", _figures(result))]
    if means := result.get("augmented"):
        beside.append((f"mean of {means['views']} views", _figures(means)))
    if baseline := result.get("baseline"):
        beside.append((baseline["name"], _figures(baseline)))
    rows = [[name, *(shown(each[name]) if name in each else "" for _, each in beside)] for name in beside[0][1]]
    if len(beside) > 1:
        rows.insert(0, ["", *(title for title, _ in beside)])
    lines = [_counted(result), command.table(rows)]
    if values := result.get("values"):
        keys = ("mae", "rmse", "r2")
        rows = [[row["value"], *(shown(row[key]) for key in keys)] for row in values]
        lines += ["", command.table([["value", *keys], *rows])]
    if costliest := result.get("costliest"):
        rows = [["what costs most", "examples", "accuracy", "perplexity", "share of the loss"]]
        for row in costliest:
            cells = (f"{row['examples']:,}", *(shown(row[key]) for key in ("accuracy", "perplexity", "share")))
            rows.append([repr(row["token"]), *cells])
        lines += ["", command.table(rows)]
    if "classes" not in result:
        return "\n".join(lines)
    keys = ("precision", "recall", "f1")
    rows = [["class", *keys, "examples"]]
    rows += [[row["class"], *(shown(row[key]) for key in keys), f"{row['examples']:,}"] for row in result["classes"]]
    rows += [[f"{mean} mean", *(shown(result[mean][key]) for key in keys), ""] for mean in ("macro", "weighted")]
    lines += ["", command.table(rows), MEANS]
    if "confusion" in result and len(result["classes"]) <= MOST_PRINTED:
        names = [row["class"] for row in result["classes"]]
        numbers = [str(index) for index in range(len(names))]
        cells = [[str(count or "·") for count in row] for row in result["confusion"]]
        rows = [[f"{n} {name}" if n != name else n, *row] for n, name, row in zip(numbers, names, cells, strict=True)]
        lines += ["", command.table([["true \\ predicted", *numbers], *rows])]
    return "\n".join(lines)


def _figures(result: dict[str, Any]) -> dict[str, float]:
    """Return the numbers among what was found, the top-k accuracy among them."""
    figures = {name: value for name, value in result.items() if isinstance(value, float)}
    top = result.get("top_k")
    return figures | ({f"top-{top['k']}": top["accuracy"]} if top else {})


def _counted(result: dict[str, Any]) -> str:
    """Return how many examples were measured and, if the run had a limit, how to take all."""
    taken, available = result["examples"], result["available"]
    if taken == available:
        return f"{taken:,} examples"
    return f"{taken:,} of {available:,} examples, the run's limit; --all takes all"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = command.Parser("evaluate")
    parser.add_run()
    parser.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        help="default: test; for other files that name no test, all their examples",
    )
    parser.add_argument(
        "--data",
        metavar="NAME|KEY=VALUE",
        nargs="+",
        default=[],
        help="a choice of configs/data instead of the run's data, and options of it, such as root=DIR or file=FILE",
    )
    parser.add_argument("--all", action="store_true", help="all examples of the split, whatever the run's limit")
    add_augment(parser, "also the figures of mean predictions")
    parser.add_argument("--top", metavar="K", type=command.positive, default=3, help="k of top-k accuracy; default: 3")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    network = load(options.run, options.allow)
    dataset, split = None, options.split or "test"
    if options.data:
        dataset, is_whole = _dataset(network, options.data, options.split is None)
        split = ALL if is_whole else split
    try:
        result = evaluate(network, split, dataset, options.top, options.all, options.augment)
    except GraphError as error:
        raise located(error, network.path) from None
    except datasets.DataError as error:  # what else is to be done than in a run
        raise datasets.DataError(re.sub(r"set data\.(root|file)$", r"give --data \1=PATH", str(error))) from None
    name = (dataset or network.dataset).name
    origin = network.started_from
    if options.json:
        known = {"checkpoint": str(network.path), "data": name, "split": split}
        console.say(strict_json.dumps(known | ({"started_from": dict(origin)} if origin else {}) | result))
    else:
        console.say(f"{command.printable(f'{network.path} on {name}, {split}:')} {report(result)}")
        if origin:
            console.say(command.printable("started from {path} (sha256 {sha256:.12})".format_map(origin)))
    folder = network.path.parent.parent
    if "confusion" in result and network.path.parent.name == CHECKPOINTS:
        path = pictures(folder) / _picture(split, name if dataset else "")
        title = named.title(folder, network.config) + (f", on {name}" if dataset else "")
        drawn = _draw(result, network.classes, path, title, split)
        if drawn and not options.json:
            console.say(f"\n{command.printable(str(path))}")
    elif "classes" in result and "confusion" not in result and not options.json:
        console.say(f"\nno confusion matrix: {len(network.classes):,} classes are too many")


def _dataset(network: Network, choices: Sequence[str], is_free: bool) -> tuple[datasets.Dataset, bool]:
    """Return the run's data with other options, or other data, and whether all their examples are to be taken.

    All are taken if the data are not the run's and the user has named no split (`is_free`), unless the choices say
    which share is the test.
    """
    names = [choice for choice in choices if "=" not in choice]
    values = [choice for choice in choices if "=" in choice]
    if len(names) > 1:
        raise ConfigError(f"--data {' '.join(names)}: give one name; options are KEY=VALUE")
    spec: Any = network.config["data"]
    if names:
        known = sorted(file.stem for file in (CONFIGS / "data").glob("*.yaml"))
        if names[0] not in known:
            raise ConfigError(f"--data {names[0]}: no such file in configs/data{suggestion(names[0], known)}")
        spec = resolved(compose([f"data={names[0]}"]).data)
    try:
        spec = with_values(spec, values)
        dataset = instantiate(spec, datasets.Dataset, "data", allow=network.config["allow"])
        is_given = "test" in {parts(value).key for value in values}
        is_whole = is_free and "test" in spec and not is_given and not is_of_run(network, dataset)
        if is_whole:
            dataset = instantiate(spec | {"test": 0.0}, datasets.Dataset, "data", allow=network.config["allow"])
        return dataset, is_whole
    except ConfigError as error:
        raise located(error, f"--data {' '.join(choices)}") from None


def _picture(split: str, data: str) -> str:
    return "_".join(filter(None, ("confusion_matrix", data, "" if split == "test" else split))) + ".png"


def _draw(result: dict[str, Any], classes: Sequence[str], path: Path, title: str, split: str) -> bool:
    """Draw the picture. If it cannot be written, as in someone else's run, say so: the result is printed already."""
    from trainer.views import draw_confusion_matrix, drawn

    counts = np.array(result["confusion"])
    problem = drawn(lambda: draw_confusion_matrix(counts, classes, title, split), path)
    if problem:
        console.tell(command.printable(problem))
    return not problem
