"""`python -m trainer.evaluate`."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.helpers import tables
from tests.helpers.data import random_images, write_idx_files
from tests.helpers.process import run
from tests.helpers.runs import TINY, composed, make_run
from tests.helpers.training import small_config
from trainer import load
from trainer.commands.evaluate import evaluate, main
from trainer.engine.evaluation import evaluation_batches
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.engine.tally import Tally
from trainer.training.fit import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network that was really trained, and the result that training wrote down."""
    folder = tmp_path_factory.mktemp("trained")
    result = train(composed(*TINY, *ALONE, "epochs=2", "seed=5"), folder)
    return folder, result


ALONE = ("parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")
QUARTERS = {"_target_": "tests.helpers.problems.Quarters"}
KINDS = {"classes": {}, "labels": {"data": QUARTERS}, "values": {"data": QUARTERS | {"values": True}}}
LIMITS = [{}, {"train": 100, "validation": 33, "test": 131}, {"test": 0.5}, {"validation": 1, "test": 1}]


def configured(kind, limit, **values):
    """The configuration of a network that trains in no time, on data of this kind of problem."""
    config = small_config("epochs=2", "validation=0.2") | KINDS[kind]
    if kind != "classes":
        head = {"_target_": "models.Linear", "out_features": 4}
        config |= {"model": {"layers": {"flatten": {"_target_": "models.Flatten"}, "head": head}}, "allow": ("tests",)}
    return config | {"limit": limit} | values


def measured(config, network, split):
    """The figures that the workers of a run find on a split."""
    setup, total = Setup(config), Tally()
    with Workers(config, setup.workers) as workers:
        workers.start(setup, setup.splits())
        for name in network.parameters:
            np.copyto(workers.parameters[name], network.parameters[name])
        for indices in evaluation_batches(workers.counts[split], config["batch_size"]):
            total.add(workers.evaluate(split, indices))
    return setup.problem.figures(total.sums, total.examples)


def assert_reproduced(config, folder):
    result = train(config, folder)
    network = load(folder, ["tests"])
    found = {split: evaluate(network, split) for split in ("train", "validation", "test")}
    figures = {split: {name: given[name] for name in network.problem.metrics} for split, given in found.items()}
    assert figures["test"] == result["test"]
    assert figures["validation"] == {name: result["best"][f"val_{name}"] for name in network.problem.metrics}
    assert figures["train"] == measured(config, network, "train")
    splits = Setup(config).splits()
    for split, given in found.items():
        assert given["examples"] == len(getattr(splits, split))


@pytest.mark.parametrize("limit", LIMITS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_gives_the_figures_of_the_run_to_the_last_digit(kind, limit, tmp_path):
    assert_reproduced(configured(kind, limit), tmp_path)


@pytest.mark.process
@pytest.mark.parametrize(("workers", "batch_size"), [(2, 65), (3, 7)])
@pytest.mark.parametrize("kind", KINDS)
def test_and_those_of_a_run_with_several_workers(kind, workers, batch_size, tmp_path):
    """Whose last batch has fewer examples than there are workers, or shards of unequal size."""
    parallel = {"_target_": "trainer.parallel.Processes", "workers": workers}
    limit = {"train": 60, "validation": 31, "test": 64 + workers - 1}
    assert_reproduced(configured(kind, limit, parallel=parallel, batch_size=batch_size), tmp_path)


@pytest.mark.slow
def test_the_limit_of_the_run_is_said_and_how_to_do_without(tmp_path, capsys):
    make_run(tmp_path, *TINY, "limit.test=100", "limit.validation=0.5")
    for arguments, line in {
        (): "100 of 360 examples, the run's limit; --all takes all",
        ("--split", "validation"): "72 of 144 examples, the run's limit; --all takes all",
        ("--split", "train"): "1,293 examples",
        ("--all",): "360 examples",
    }.items():
        assert main([str(tmp_path), *arguments]) == 0
        assert capsys.readouterr().out.splitlines()[0].endswith(f" {line}")


def test_a_large_batch_is_taken_in_parts(tmp_path, monkeypatch):
    """A stranger's batch_size must not fill the memory."""
    make_run(tmp_path, *TINY, "batch_size=1000000")
    whole = evaluate(load(tmp_path))
    monkeypatch.setattr("trainer.runs.measured.EVALUATION_BYTES", 10_000)
    parts = evaluate(load(tmp_path))
    assert parts["confusion"] == whole["confusion"]
    assert parts["loss"] == pytest.approx(whole["loss"], rel=1e-6)


def test_figures_agree_with_each_other(trained):
    found = evaluate(load(trained[0]), k=2)
    counts = np.array(found["confusion"])
    assert counts.sum() == found["examples"]
    assert np.trace(counts) / counts.sum() == found["accuracy"]
    assert found["accuracy"] <= found["top_k"]["accuracy"] <= 1
    assert [row["examples"] for row in found["classes"]] == counts.sum(axis=1).tolist()
    assert found["macro"]["f1"] == pytest.approx(np.mean([row["f1"] for row in found["classes"]]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_constant_answer_stands_beside_the_network(kind, tmp_path):
    result = train(configured(kind, {"train": 100, "test": 50}), tmp_path)
    network = load(tmp_path, ["tests"])
    found = evaluate(network)
    baseline = found["baseline"]
    assert result["baseline"] == {name: baseline[name] for name in result["baseline"]}
    floats = {name for name, value in found.items() if isinstance(value, float)}
    assert {name for name in baseline if name not in ("name", "top_k")} == floats
    assert evaluate(network, "validation")["baseline"]["loss"] != baseline["loss"]
    assert "baseline" not in evaluate(network, dataset=network.dataset)  # other data
    if kind == "classes":
        assert baseline["roc_auc"] == 0.5
        assert baseline["balanced_accuracy"] == pytest.approx(0.1)


@pytest.mark.slow
def test_command(trained, capsys, monkeypatch):
    folder, _ = trained
    assert main([str(folder)]) == 0
    text = capsys.readouterr().out
    assert "network  always '" in text
    for line in ("on digits, test:", "360 examples", "top-3 ", "precision", "macro mean", "weighted mean"):
        assert line in text
    assert "as in scikit-learn" in text
    assert "true \\ predicted" in text
    assert (folder / "plots" / "confusion_matrix.png").read_bytes().startswith(b"\x89PNG")
    assert main([str(folder), "--json", "--split", "validation", "--top", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["split"], found["top_k"]["k"], found["data"]) == ("validation", 5, "digits")
    assert (folder / "plots" / "confusion_matrix_validation.png").exists()
    monkeypatch.setattr("trainer.problems.classification.MOST_CONFUSED", 9)
    assert main([str(folder), "--split", "validation"]) == 0
    assert capsys.readouterr().out.endswith("\nno confusion matrix: 10 classes are too many\n")


def test_other_data(trained, tmp_path, capsys):
    write_idx_files(tmp_path / "mnist", random_images(size=8))
    choice = ["--data", "mnist", f"root={tmp_path / 'mnist'}", "shape=[1,8,8]"]
    assert main([str(trained[0]), "--json", *choice]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["data"], found["examples"]) == ("mnist", 10)


@pytest.mark.parametrize(
    ("arguments", "problem", "code"),
    [
        (["--data", "mnits"], "--data mnits: no such file in configs/data; did you mean 'mnist'?", 2),
        (["--data", "mnist", "digits"], "--data mnist digits: give one name; options are KEY=VALUE", 2),
        (["--data", "men=[1]"], "--data men=[1]: data.men: Digits has no option 'men'; did you mean 'mean'?", 2),
        (["--data", "mnist"], "mnist: its examples have the shape [1, 28, 28] and 10 classes, the network wants", 2),
        (["--data", "mnist", "shape=[1,8,8]", "root=none"], "none: has no train-images", 1),
        (["--split", "tset"], "argument --split: invalid choice: 'tset'", 2),
        (["--top", "0"], "argument --top: 0 is not an integer of at least 1; see trainer evaluate --help", 2),
        (["--toop", "0"], "there is no option --toop; did you mean '--top'?", 2),
    ],
)
def test_errors_are_one_line(trained, arguments, problem, code, capsys):
    try:
        found = main([str(trained[0]), *arguments])
    except SystemExit as end:  # from the parser of arguments
        found = end.code
    output = capsys.readouterr()
    assert found == code
    assert output.out == ""
    assert output.err.startswith(f"error: {problem}")
    assert output.err.count("\n") == 1


def test_empty_split(tmp_path, capsys):
    make_run(tmp_path, *TINY, "validation=0.0")
    assert main([str(tmp_path), "--split", "validation"]) == 2
    assert "the split 'validation' has no examples; choose another with --split" in capsys.readouterr().err


def test_regression(tmp_path, capsys):
    make_run(tmp_path, "model=shallow_cnn", "data=random_regression", "loss=mse")
    assert main([str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "loss" in text
    assert "accuracy" not in text
    assert not (tmp_path / "plots").exists()


@pytest.mark.process
def test_as_a_process(tmp_path):
    failed = run("none", cwd=tmp_path, module="trainer.evaluate")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "error: none: no such run or checkpoint; last is the newest, trainer runs lists all\n"


@pytest.mark.slow
@pytest.mark.parametrize("target", ["price", "dear"])
def test_all_rows_of_another_table_are_measured_with_what_was_learned(tmp_path, target, capsys):
    other = {"price": "dear", "dear": "price"}[target]
    rows = tables.without(tables.houses(150), other)
    file = tables.write(tmp_path / "houses.csv", rows[:100])
    named = (f"data.file={file}", f"data.target={target}", "limit.test=5")
    run = make_run(tmp_path / "run", *tables.TABLE, *named)
    more = tables.write(tmp_path / "more.csv", rows[100:])
    assert main([str(run), "--data", f"file={more}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["split"], found["examples"], found["available"]) == ("all", 50, 50)
    network = load(run)
    if target == "price":
        true = np.array([float(row["price"]) for row in rows[100:]])
        assert found["mae"] == pytest.approx(np.abs(network.predict(more)[:, 0] - true).mean(), rel=1e-5)
    else:
        names = np.array(network.classes)[network.predict_classes(more)]
        assert found["accuracy"] == np.mean([row["dear"] == name for row, name in zip(rows[100:], names, strict=True)])
    assert main([str(run), "--data", f"file={file}", "--json"]) == 0  # the run's own file
    assert json.loads(capsys.readouterr().out)["examples"] == 5
    assert main([str(run), "--data", f"file={more}", "--split", "test", "--all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["examples"] == 10


def test_the_test_of_data_that_have_moved_is_that_of_the_run(tmp_path, capsys):
    file = tables.write(tmp_path / "houses.csv", tables.without(tables.houses(100), "dear"))
    options = ("data.target=price", "epochs=1", "limit.validation=5")
    train(composed(*tables.TABLE, f"data.file={file}", *options), tmp_path / "run")
    moved = file.rename(tmp_path / "moved.csv")
    assert main([str(tmp_path / "run")]) == 1
    assert capsys.readouterr().err == f"error: {file}: no such file; give --data file=PATH\n"
    assert main([str(tmp_path / "run"), "--data", f"file={moved}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    result = json.loads((tmp_path / "run/result.json").read_text())["test"]
    assert (found["split"], found["examples"]) == ("test", 20)
    assert {name: found[name] for name in result} == result


@pytest.mark.slow
def test_other_rows_may_be_of_one_class_and_know_no_more(tmp_path, capsys):
    rows = tables.without(tables.houses(150), "price")
    file = tables.write(tmp_path / "houses.csv", rows[:100])
    run = make_run(tmp_path / "run", *tables.TABLE, f"data.file={file}", "data.target=dear")
    cheap = tables.write(tmp_path / "cheap.csv", [row for row in rows if row["dear"] == "cheap"])
    assert main([str(run), "--data", f"file={cheap}", "--json"]) == 0
    capsys.readouterr()
    for change, problem in (
        ({"dear": "free"}, "odd.csv: column dear, row 1: no training row is of class 'free'"),
        ({"dear": ""}, "odd.csv: column dear, row 1: the value to predict is missing"),
        ({"rooms": "many"}, "odd.csv: column rooms, row 1: 'many' cannot be used as a number"),
    ):
        odd = tables.write(tmp_path / "odd.csv", [rows[0] | change])
        assert main([str(run), "--data", f"file={odd}"]) == 1
        assert problem in capsys.readouterr().err
    odd = tables.write(tmp_path / "odd.csv", tables.without(rows, "dear"))
    assert main([str(run), "--data", f"file={odd}"]) == 1
    assert "odd.csv: data.target: the table has no column 'dear'" in capsys.readouterr().err


def test_the_whole_of_another_text_is_measured(tmp_path, capsys):
    (tmp_path / "story.txt").write_text("the cat sat on the mat.\n" * 20)
    (tmp_path / "other.txt").write_text("the mat sat on the cat, zounds.")
    options = ("model=char_mlp", "data=text", f"data.file={tmp_path / 'story.txt'}", "data.context=8")
    run = make_run(tmp_path / "run", *options)
    assert main([str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["examples"] == 48 - 8
    assert main([str(run), "--data", f"file={tmp_path / 'other.txt'}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["split"], found["examples"]) == ("all", 31 - 8)
    assert found["perplexity"] == pytest.approx(np.exp(found["loss"]))


@pytest.mark.slow
def test_all_pictures_of_another_folder_are_measured_unless_it_names_a_test(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for folder in ("photos", "more", "parted/train", "parted/test"):
        for name in ("cat", "dog"):
            (tmp_path / folder / name).mkdir(parents=True)
            for number in range(4 if folder == "parted/test" else 10):
                pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / folder / name / f"{number}.png")
    options = ("data=images", f"data.root={tmp_path / 'photos'}", "data.cache=null")
    run = make_run(tmp_path / "run", "model=mlp", *options)
    for more, count in (([], 2), ([f"root={tmp_path / 'more'}"], 20), ([f"root={tmp_path / 'parted'}"], 8)):
        assert main([str(run), "--json", *(["--data", *more] if more else [])]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["examples"] == count
        assert [row["class"] for row in found["classes"]] == ["cat", "dog"]
        assert np.sum(found["confusion"]) == count
