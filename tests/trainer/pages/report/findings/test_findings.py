"""Each finding is told of a run that shows it, and of none that does not; healthy runs say nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.runs import composed, make_run
from tests.helpers.training import LAYERS, small_config, train
from trainer.datasets import Examples, Splits
from trainer.datasets.sets.text import Windows
from trainer.ground.errors import TrainingError
from trainer.pages.report import findings as package
from trainer.pages.report.document import SECTIONS
from trainer.pages.report.facts import Facts, read
from trainer.pages.report.findings import findings
from trainer.pages.report.predictions import Predictions

EPOCHS = 20


def history(train: list[float], val: list[float] | None = None, lr: float | list[float] = 0.1) -> dict[str, list]:
    count = len(train)
    rates = lr if isinstance(lr, list) else [lr] * count
    found = {"epoch": [*map(float, range(1, count + 1))], "train_loss": train, "lr": rates}
    return found | ({"val_loss": val} if val else {})


def text_history(val: list[float]) -> dict[str, list]:
    """Perplexities; the training's falls."""
    train = falling(3.0, len(val), 9.0)
    losses = history(np.log(train).tolist(), np.log(val).tolist())
    return losses | {"train_perplexity": train, "val_perplexity": val}


def run(train: list[float], val: list[float] | None = None, lr: float | list[float] = 0.1, **more) -> Facts:
    """A run of which only some figures are known."""
    more = {"result": {"baseline": {"name": "always '3'", "loss": 2.3}}} | more
    return Facts(Path(), "completed", history=history(train, val, lr), **more)


def falling(end: float, count: int = EPOCHS, start: float = 2.0) -> list[float]:
    """A loss that falls evenly, by the same factor in each epoch."""
    return [float(value) for value in np.geomspace(start, end, count)]


def layers(figure: str, *values: list[float], kind: str = "Linear", more: str = "ReLU") -> list[dict]:
    """Rows of layers.csv: for each layer the values over the epochs."""
    rows = []
    for epoch in range(len(values[0])):
        for number, value in enumerate(values):
            rows.append({"epoch": epoch + 1, "layer": f"l{number}", "kind": kind, figure: value[epoch]})
        rows.append({"epoch": epoch + 1, "layer": "act", "kind": more, figure: None})
    return rows


def named(facts: Facts) -> dict[str, str]:
    """The text of each finding by the name of its module; the section that it leads to is on the page."""
    modules = {path.stem for path in Path(package.__path__[0]).glob("[a-z]*.py")}
    found, sections = {}, {make.__name__: make for make in SECTIONS}
    for name in modules:
        module = __import__(f"{package.__name__}.{name}", fromlist=[name])
        if (finding := getattr(module, name)(facts)) is not None:
            found[name] = finding.text
            section = sections[finding.section](facts)
            assert section.anchor == finding.section if facts.history else section is None
    assert sorted(found.values()) == sorted(finding.text for finding in findings(facts))
    return found


HEALTHY = falling(0.05)
ANNEALED = [0.1] * 15 + [0.05, 0.02, 0.01, 0.001, 0.0001]
UP_AND_DOWN = [1.0, 0.7, 0.9, 0.6, 0.8, 0.5, 0.7, 0.4, 0.6, 0.4]
STANDING = [2.0, 1.5, 1.2, 1.1, 1.05, 1.0, 0.995, 0.996, 0.994, 0.995, 0.994, 0.995]
BROKEN = {"error": "epoch 3, step 45: the output of fc1 is not finite (loss 2e+36, learning rate 10); lower it"}
FAULTY = {"error": "epoch 1, step 1: the input of train example 3 holds nan, not a finite float32; fix the data"}

# name of the finding, a run that shows it, what is said, a run like it that must stay silent
TOLD = [
    (
        "diverged",
        run(falling(1.0, 2), result=BROKEN),
        "diverged in epoch 3, step 45 at the learning rate 10: the output of fc1 is not finite",
        run(falling(1.0, 2), result=FAULTY),
    ),
    ("diverged", run([1.0, 0.5, 0.6, 2.0, 3.0]), "rose from 0.5 in epoch 2 to 3", run([1.0, 0.5, 0.6, 0.5, 0.7])),
    ("learns_nothing", run([2.4, 2.31, 2.305]), "learns nothing: its training loss is 2.305", run([2.4, 2.31, 2.2])),
    ("learns_nothing", run([5.0, 4.99, 4.98], result={}), "is 4.98, and was 5", run([5.0, 4.8, 4.7], result={})),
    (
        "vanishing_gradients",
        run(HEALTHY, layers=layers("gradient_rms", [1e-6] * 2, [1e-5] * 2, [1e-3] * 2, [1e-2] * 2, more="Sigmoid")),
        "The first 2 of 4 layers get almost no gradient (per parameter l0 gets 10,000 times less than l3): a sigmoid's",
        run(HEALTHY, layers=layers("gradient_rms", [2e-4] * 2, [1e-3] * 2, [1e-3] * 2, [1e-2] * 2, more="Sigmoid")),
    ),
    (
        "dead_units",
        run(HEALTHY, layers=layers("dead", [0.5, 0.1, 0.41, 0.45], [0.0] * 4, kind="ReLU")),
        "45% of l0's units are dead since epoch 3:",
        run(HEALTHY, layers=layers("dead", [0.5, 0.5, 0.5, 0.3], [0.0] * 4, kind="ReLU")),
    ),
    (
        "saturated_units",
        run(HEALTHY, layers=layers("saturated", [0.1, 0.7], [0.1, 0.65], kind="Tanh")),
        "70% of l0's outputs are saturated, within 0.03 of a limit, where almost no gradient passes; so are many of l1",
        run(HEALTHY, layers=layers("saturated", [0.9, 0.5], [0.1, 0.3], kind="Tanh")),
    ),
    (
        "update_size",
        run(HEALTHY, layers=layers("update_ratio", [0.2, 1e-6], [0.5, 1e-6], [0.3, 1e-6])),
        "Steps are too large: each changes a layer by 30%",
        run(HEALTHY, layers=layers("update_ratio", [0.2, 1e-6], [0.01, 1e-6], [0.01, 1e-6])),
    ),
    (
        "update_size",
        run(HEALTHY, layers=layers("update_ratio", [2e-6, 3e-6], [2e-6, 3e-6])),
        "Steps are too small: each changes a layer by 3e-06",
        run(HEALTHY, layers=layers("update_ratio", [2e-4, 3e-6], [2e-4, 3e-6])),
    ),
    (
        "overfitting",
        run(HEALTHY, [1.5, 1.0, 0.8, 0.7, 0.6, 0.5] + [0.5 + 0.05 * n for n in range(1, 15)]),
        "since epoch 6 the validation loss has risen from 0.5 to 1.15, while the training loss fell to 0.05",
        run(HEALTHY, [1.5, 1.0, 0.8, 0.7, 0.6, 0.5] + [0.62] * 13 + [1.5]),
    ),
    (
        "overfitting",
        Facts(Path(), "completed", history=text_history([10.0, 7.0, 6.0, 6.4, 6.7])),
        "since epoch 3 the validation perplexity has risen from 6 to 6.7, while the training perplexity fell to 3",
        Facts(Path(), "completed", history=text_history([10.0, 7.0, 6.0, 6.7, 6.5])),
    ),
    (
        "not_converged",
        run(falling(0.7), falling(0.75)),
        "still falling at the end: in the last 4 epochs it was 19% below that of the 4 epochs before, and came to 0.75",
        run(falling(0.7), falling(0.75), lr=ANNEALED),
    ),
    ("plateau", run(STANDING), "stayed at 0.995 for 4 epochs, at the learning rate 0.1", run(STANDING[:8])),
    ("plateau", run(STANDING), "stayed at", run(STANDING, lr=[0.1] * 10 + [0.01, 0.001])),
    (
        "rate_too_high",
        run(UP_AND_DOWN),
        "rose by more than 10% in 4 of 10 epochs: steps are too large at a learning rate of 0.1",
        run([1.0, 0.7, 0.9, 0.6, 0.5, 0.51, 0.45, 0.4, 0.41, 0.38]),
    ),
]


@pytest.mark.parametrize(("name", "shows", "text", "silent"), TOLD, ids=[f"{t[0]}-{t[2][:20]}" for t in TOLD])
def test_what_figures_show(name, shows, text, silent):
    assert text in named(shows)[name]
    assert name not in named(silent)


def test_one_thing_is_told_once():
    """Who diverged or learns nothing is not told what follows from it."""
    assert named(run([3.0, 2.9, 3.0], result=BROKEN)).keys() == {"diverged"}
    assert named(run([2.31] * EPOCHS, [2.31] * EPOCHS)).keys() == {"learns_nothing"}


def test_the_urgent_come_first_and_causes_before_effects():
    rows = layers("gradient_rms", [1e-6] * 2, [1e-5] * 2, [1e-2] * 2)
    rows += layers("dead", [0.9] * 2, kind="ReLU")
    found = findings(run([2.31] * EPOCHS, layers=rows))
    assert [finding.section for finding in found] == ["gradients", "curves", "units"]
    assert [finding.urgent for finding in found] == [True, True, False]


def test_a_run_of_which_nothing_is_known_says_nothing(tmp_path):
    assert findings(read(tmp_path)) == []
    assert findings(run([None, 0.5], [None, None])) == []


CLASSES = 10


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    directory = make_run(tmp_path_factory.mktemp("run"), "data=digits", "model=mlp", "~data.transforms.resize")
    return read(directory).network


def predicted(network, probabilities: np.ndarray, labels: np.ndarray, train: Examples | None = None, **result) -> Facts:
    """A run whose network gives such probabilities (N, K) on examples of the test, which are noise."""
    rng = np.random.default_rng(0)
    test = Examples(rng.integers(255, size=(len(labels), 1, 8, 8), dtype=np.uint8), labels)
    train = train or Examples(rng.integers(255, size=(500, 1, 8, 8), dtype=np.uint8), np.arange(500) % CLASSES)
    facts = run(falling(0.1), network=network, config=network.config)
    facts = replace(facts, result={**facts.result, **result})
    outputs = np.log(np.maximum(probabilities, 1e-9)).astype(np.float32)
    seen = Predictions(
        "test", len(labels), Splits(train, test, test), test, np.arange(len(labels)), labels, outputs, network
    )
    vars(facts)["predictions"] = seen
    return facts


def claims(labels: np.ndarray, sure: float) -> np.ndarray:
    """Probabilities (N, K) that name these classes, with a probability of `sure`."""
    found = np.full((len(labels), CLASSES), (1 - sure) / (CLASSES - 1))
    found[np.arange(len(labels)), labels] = sure
    return found


LABELS = np.arange(400) % CLASSES
WRONG = np.where(np.arange(400) % 7 == 0, (LABELS + 1) % CLASSES, LABELS)  # 58 of 400


def test_a_network_that_is_too_sure(network):
    assert named(predicted(network, claims(WRONG, 0.95), LABELS))["overconfident"] == (
        "The network is too sure: on the test it claims 95.0% on average, but 85.5% are right."
    )
    assert "overconfident" not in named(predicted(network, claims(WRONG, 0.86), LABELS))
    assert "overconfident" not in named(predicted(network, claims(WRONG, 0.6), LABELS))


def test_a_text_whose_end_is_in_another_alphabet(writer):
    def ending(places: np.ndarray) -> Facts:
        known = writer.predictions.splits
        return replace(writer, examples=Splits(known.train, known.validation, Windows(places, 8)))

    places = np.arange(208) % 10
    text = "10% of the test's characters are unknown: the training part of the text lacks them."
    assert named(ending(places))["unknown_characters"] == text
    assert "unknown_characters" not in named(ending(np.where(np.arange(208) > 20, places % 9 + 1, places)))


def test_classes_that_are_never_predicted(network):
    silent = np.where(LABELS == 3, 8, LABELS)
    shows = predicted(network, claims(silent, 0.8), LABELS)
    assert named(shows)["never_predicted"] == (
        "'3' is never predicted, though 40 of the 400 examples of the test are of it (in the training 10.0%)."
    )
    few = LABELS.copy()
    few[few == 3] = 8
    few[:4] = 3
    assert "never_predicted" not in named(predicted(network, claims(np.where(few == 3, 8, few), 0.8), few))


def test_a_rare_class_is_to_count_as_much_as_others(network):
    labels = np.where(np.arange(500) % 50 == 3, 3, np.arange(500) % 3)
    train = Examples(np.random.default_rng(1).integers(255, size=(500, 1, 8, 8), dtype=np.uint8), labels)
    shows = predicted(network, claims(np.where(LABELS == 3, 8, LABELS), 0.8), LABELS, train)
    (advice,) = (finding.advice for finding in findings(shows) if "never predicted" in finding.text)
    assert "loss.class_weights=balanced" in advice


def test_examples_of_the_test_that_are_in_the_training(network):
    facts = predicted(network, claims(WRONG, 0.86), LABELS)
    seen = facts.predictions
    inputs = seen.splits.train.inputs.copy()
    inputs[:8] = seen.source.inputs[:8]
    leaking = predicted(network, claims(WRONG, 0.86), LABELS, Examples(inputs, seen.splits.train.targets))
    assert named(leaking)["leak"] == (
        "8 of 400 inputs of the test are also in the training: its figures are too good."
    )
    assert "leak" not in named(facts)
    inputs[:] = inputs[0]  # as where there are few different ones by nature
    alike = Examples(inputs, seen.splits.train.targets)
    assert "leak" not in named(predicted(network, claims(WRONG, 0.86), LABELS, alike))


def test_a_test_that_is_worse_than_the_validation(network):
    best = {"best": {"epoch": 3, "val_accuracy": 0.95}}
    shows = predicted(network, claims(WRONG, 0.86), LABELS, test={"accuracy": 0.855}, **best)
    assert "0.855 is far below the validation's 0.95" in named(shows)["worse_in_test"]
    near = predicted(network, claims(WRONG, 0.86), LABELS, test={"accuracy": 0.92}, **best)
    assert "worse_in_test" not in named(near)


def test_a_network_that_is_no_better_than_none(network):
    baseline = {"baseline": {"name": "always '3'", "accuracy": 0.1, "loss": 2.3}}
    shows = predicted(network, claims(WRONG, 0.86), LABELS, test={"accuracy": 0.12}, **baseline)
    assert named(shows)["no_better_than_baseline"] == (
        "The test's accuracy is 0.12; always '3', without a network, has 0.1."
    )
    better = predicted(network, claims(WRONG, 0.86), LABELS, test={"accuracy": 0.2}, **baseline)
    assert "no_better_than_baseline" not in named(better)


@pytest.fixture(scope="module")
def clusters():
    """Examples of ten classes, each near a point of its own, and their labels."""
    rng = np.random.default_rng(0)
    centres = rng.integers(60, 200, size=(CLASSES, 1, 8, 8))
    labels = np.arange(900) % CLASSES
    return (centres[labels] + rng.integers(-20, 20, size=(900, 1, 8, 8))).astype(np.uint8), labels


@pytest.mark.parametrize(("flipped", "told"), [(7, True), (3, False)])
def test_mistakes_that_look_mislabelled(network, clusters, flipped, told):
    """The network is right everywhere, but some labels of the test are not."""
    images, true = clusters
    labels = true[500:].copy()
    labels[:flipped] = (labels[:flipped] + 5) % CLASSES
    facts = predicted(network, claims(true[500:], 0.9), labels, Examples(images[:500], true[:500]))
    vars(facts)["predictions"] = replace(facts.predictions, source=Examples(images[500:], labels))
    found = named(facts)
    assert ("mislabelled" in found) is told
    assert not told or found["mislabelled"].startswith("7 of the 7 worst mistakes look mislabelled: ")


def test_mistakes_of_the_network_do_not_look_mislabelled(network, clusters):
    """It is sure of the wrong class, but similar training examples have the label that it misses."""
    images, true = clusters
    says = true[500:].copy()
    says[:12] = (says[:12] + 5) % CLASSES
    facts = predicted(network, claims(says, 0.9), true[500:], Examples(images[:500], true[:500]))
    vars(facts)["predictions"] = replace(facts.predictions, source=Examples(images[500:], true[500:]))
    assert "mislabelled" not in named(facts)


def test_what_needs_data_that_are_gone_is_left_out(network, tmp_path, monkeypatch):
    facts = run(falling(1.0, 2), result=BROKEN | {"test": {"accuracy": 0.1}}, network=network, config=network.config)

    def gone(*_):
        raise FileNotFoundError(2, "No such file or directory", "digits.npz")

    monkeypatch.setattr("trainer.pages.report.facts.predict", gone)
    assert [finding.section for finding in findings(replace(facts, status="failed"))] == ["curves"]
    assert [finding.section for finding in findings(facts)] == ["curves"]


@pytest.mark.parametrize("useless", [True, False])
def test_columns_without_influence(tmp_path, useless):
    rng = np.random.default_rng(0)
    useful, other = rng.normal(size=(2, 200))
    target = np.where(useful + other > 0, "yes", "no")
    constant = np.where(np.arange(200) == 0, 2.0, 1.0) if useless else useful - other
    rows = zip(useful, other, constant, target, strict=True)
    lines = ["a,b,c,target", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    options = (f"data.file={tmp_path / 'table.csv'}", "data.target=target", "+data.columns.c=number", "epochs=5")
    train(composed("experiment=table", *options, "callbacks.curves=null", "parallel.workers=1"), tmp_path / "run")
    found = named(read(tmp_path / "run"))
    assert ("unused_columns" in found) is useless
    assert not useless or found["unused_columns"].startswith("c has no influence: ")


def test_a_rate_that_is_far_too_high(tmp_path):
    layers = {name: LAYERS[name] for name in ("flatten", "fc1", "head")}
    with pytest.raises(TrainingError, match="not finite"):
        train(small_config("optimizer=sgd", "optimizer.lr=1e30", model={"layers": layers}), tmp_path / "run")
    assert named(read(tmp_path / "run")).keys() == {"diverged"}
