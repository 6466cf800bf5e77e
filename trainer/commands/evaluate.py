"""`trainer evaluate RUN`: how well the network of a run does on labelled examples."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from trainer import CONFIGS, datasets
from trainer.commands import command
from trainer.compose.configure import compose
from trainer.compose.targets import instantiate
from trainer.engine.setup import make_loss
from trainer.engine.tally import Tally
from trainer.ground.streams import stream
from trainer.ground.values import ConfigError, suggestion
from trainer.models import GraphError, Workspace
from trainer.runs.folder import CHECKPOINTS, PLOTS
from trainer.runs.network import Network, load
from trainer.runs.trust import located

MOST_PRINTED = 20  # classes of a confusion matrix that fits a terminal


def evaluate(
    network: Network, split: str = "test", dataset: datasets.Dataset | None = None, k: int = 3
) -> dict[str, Any]:
    """Loss and the other figures of the problem; for classification also top-k accuracy, precision, recall and F1.

    Arguments:
        network: as `load` gives it.
        split: train, validation or test, drawn as in the run.
        dataset: other data than the run's; scaled with the mean and std of the run's all the same.
        k: for the top-k accuracy.

    Returns:
        examples, the figures by name, and what `details` of the problem gives.

    Raises:
        ConfigError, GraphError: the data does not fit the network, or the split has no examples. DataError: it cannot
            be read.
    """
    config = network.config
    source = dataset or network.dataset
    if (source.input_shape, source.num_classes) != (network.input_shape, network.dataset.num_classes):
        raise ConfigError(
            f"{source.name}: its examples have the shape {list(source.input_shape)} and {source.num_classes} classes, "
            f"the network wants {list(network.input_shape)} and {network.dataset.num_classes}; choose other data"
        )
    problem = network.problem
    loss = make_loss(config, problem)
    problem.check()
    examples = getattr(source.load(config["validation"], stream(config["seed"], "split")), split)
    if not len(examples):
        raise ConfigError(f"the split '{split}' has no examples; choose another with --split")
    problem.check_targets(examples.targets)
    loader, outputs, total = network.dataset.loader(examples), [], Tally()
    workspace = Workspace(network.graph, network.parameters)
    with np.errstate(all="ignore"):  # a loss that is not finite shows in the result
        for indices, batch in network.batches(loader, len(examples)):
            targets = loader.targets(indices)
            value = loss.forward(workspace.loss_context(len(indices)), batch, targets)
            total.add(Tally(len(indices), {"loss": value, **problem.measures(batch, targets)}))
            outputs.append(batch.T.copy())
    figures = problem.figures(total.sums, total.samples)
    details = problem.details(np.concatenate(outputs), examples.targets, network.classes, k)
    return {"examples": len(examples)} | figures | details


def report(result: dict[str, Any]) -> str:
    """What `evaluate` returned, for the terminal."""
    lines = [f"{result['examples']:,} examples"]
    lines += [f"{name:8}  {value:.4f}" for name, value in result.items() if isinstance(value, float)]
    if "classes" not in result:
        return "\n".join(lines)
    top = result["top_k"]
    lines += [f"top-{top['k']:<4}  {top['accuracy']:.4f}"]
    keys = ("precision", "recall", "f1")
    rows = [["class", *keys, "examples"]]
    rows += [[row["class"], *(f"{row[key]:.4f}" for key in keys), f"{row['examples']:,}"] for row in result["classes"]]
    rows += [["mean of classes", *(f"{result['macro'][key]:.4f}" for key in keys), ""]]
    lines += ["", command.table(rows)]
    if len(result["classes"]) <= MOST_PRINTED:
        names = [row["class"] for row in result["classes"]]
        numbers = [str(index) for index in range(len(names))]
        cells = [[str(count or "·") for count in row] for row in result["confusion"]]
        rows = [[f"{n} {name}" if n != name else n, *row] for n, name, row in zip(numbers, names, cells, strict=True)]
        lines += ["", command.table([["true \\ predicted", *numbers], *rows])]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser("evaluate")
    parser.add_run()
    parser.add_argument("--split", choices=("train", "validation", "test"), default="test", help="default: test")
    parser.add_argument(
        "--data",
        metavar="NAME|KEY=VALUE",
        nargs="+",
        default=[],
        help="a choice of configs/data instead of the run's data, and options of it, such as root=DIR",
    )
    parser.add_argument("--top", metavar="K", type=command.positive, default=3, help="k of top-k accuracy; default: 3")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    network = load(options.run, options.allow)
    dataset = _dataset(network, options.data) if options.data else None
    try:
        result = evaluate(network, options.split, dataset, options.top)
    except GraphError as error:
        raise located(error, network.path) from None
    name = (dataset or network.dataset).name
    if options.json:
        print(json.dumps({"checkpoint": str(network.path), "data": name, "split": options.split} | result))
    else:
        print(command.printable(f"{network.path} on {name}, {options.split}:"), report(result))
    folder = network.path.parent.parent
    if "confusion" in result and network.path.parent.name == CHECKPOINTS:
        path = folder / PLOTS / _picture(options.split, name if dataset else "")
        _draw(result, network.classes, path)
        if not options.json:
            print(f"\n{command.printable(str(path))}")


def _dataset(network: Network, choices: Sequence[str]) -> datasets.Dataset:
    """The data of the run with other options, or another choice of the group `data`."""
    names = [choice for choice in choices if "=" not in choice]
    values = [choice for choice in choices if "=" in choice]
    if len(names) > 1:
        raise ConfigError(f"--data {' '.join(names)}: give one name; options are KEY=VALUE")
    spec = network.config["data"]
    if names:
        known = sorted(file.stem for file in (CONFIGS / "data").glob("*.yaml"))
        if names[0] not in known:
            raise ConfigError(f"--data {names[0]}: no such file in configs/data{suggestion(names[0], known)}")
        spec = OmegaConf.to_container(compose([f"data={names[0]}"]).data, resolve=True)
    try:
        spec = OmegaConf.to_container(OmegaConf.merge(spec, OmegaConf.from_dotlist(values)))
        return instantiate(spec, datasets.Dataset, "data", allow=network.config["allow"])
    except ConfigError as error:
        raise located(error, f"--data {' '.join(choices)}") from None


def _picture(split: str, data: str) -> str:
    return "_".join(filter(None, ("confusion_matrix", data, "" if split == "test" else split))) + ".png"


def _draw(result: dict[str, Any], classes: Sequence[str], path: Path) -> None:
    from trainer.views import draw_confusion_matrix, save

    save(draw_confusion_matrix(np.array(result["confusion"]), classes), path)
