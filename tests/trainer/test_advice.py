"""Advice works: whoever does what an error's line says comes through."""

import argparse
import ast
import re
import shlex
from contextlib import suppress
from functools import cache

import pytest
from omegaconf import OmegaConf

import trainer
from tests.trainer.test_mistakes import OVERRIDES
from trainer.commands.main import main
from trainer.commands.options import Given, Options
from trainer.commands.runs import ACTIONS
from trainer.commands.verbs import VERBS
from trainer.compose.configure import compose
from trainer.ground.extras import EXTRAS, install_hint

FILES = {
    "own/model/bare.yaml": "layers:\n  head: {_target_: Linear, out_features: 10}\n",
    "own/model/foreign.yaml": "layers:\n  a: {_target_: mine.Same}\n  b: {_target_: models.Linear, out_features: 10}\n",
    "own/model/on.yaml": "layers:\n  on: {_target_: models.Linear, out_features: 10}\n",
    "own/model/quoted.yaml": "layers:\n  'on': {_target_: models.Linear, out_features: 10}\n",
    "own/model/braces.yaml": "layers:\n  a: {_target_: models.Linear, out_features: ${data.num_classes}}\n",
    "own/model/calm.yaml": "layers:\n  a: {_target_: models.Linear, out_features: '${data.num_classes}'}\n",
    "own/data/bare.yaml": "_target_: datasets.Digits\n",
    "own/experiment/global.yaml": "# @package _global_\nepochs: 3\n",
    "own/experiment/own.yaml": "epochs: 3\n",
    "marked/experiment/marked.yaml": "\ufeff# @package _global_\nepochs: 3\n",
    "copy/model/mlp.yaml": "layers:\n  a: {_target_: models.Linear, out_features: 10}\n",
    "mine.py": """\
from trainer.models import Layer


class Same(Layer):
    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        return x

    def backward(self, ctx, dy):
        return dy
""",
}

OWN = "--config-dir own"
LAYER = "'model.layers.fc9={_target_: models.Linear, out_features: 10}'"

# What is typed after `trainer summary`, what the line advises, and what is typed then.
ADVICE = [
    # Another key.
    ("epocs=5", "did you mean 'epochs'?", "epochs=5"),
    ("+epocs=5", "did you mean 'epochs'?", "epochs=5"),
    ("lr=0.1", "did you mean 'optimizer.lr'?", "optimizer.lr=0.1"),
    ("+lr=0.1", "did you mean 'optimizer.lr'?", "optimizer.lr=0.1"),
    ("learning_rate=0.1", "did you mean 'optimizer.lr'?", "optimizer.lr=0.1"),
    ("dropout=0.5", "did you mean 'model.layers.drop1.p'?", "model.layers.drop1.p=0.5"),
    (
        "early_stopping.patience=3",
        "did you mean 'callbacks.early_stopping.patience'?",
        "callbacks.early_stopping.patience=3",
    ),
    (
        "+early_stopping.patience=3",
        "did you mean 'callbacks.early_stopping.patience'?",
        "callbacks.early_stopping.patience=3",
    ),
    ("weight_decay=0.1", "did you mean 'optimizer.weight_decay'?", "optimizer.weight_decay=0.1"),
    ("num_workers=1", "did you mean 'parallel.workers'?", "parallel.workers=1"),
    ("scheduler=cosine", "did you mean 'schedule'?", "schedule=cosine"),
    ("max_epochs=3", "did you mean 'epochs'?", "epochs=3"),
    ("model.conv1.padding=2", "did you mean 'model.layers.conv1.padding'?", "model.layers.conv1.padding=2"),
    ("kernel_size=3", "did you mean 'model.layers.conv1.kernel_size' or '", "model.layers.conv1.kernel_size=3"),
    ("model.layers.drop1.prob=0.3", "did you mean 'p'?", "model.layers.drop1.p=0.3"),
    ("model.layers.conv1.dilation=1", "+model.layers.conv1.dilation=VALUE", "+model.layers.conv1.dilation=1"),
    (f"model=mlp {LAYER}", "add it with +model.layers.fc9={", f"model=mlp +{LAYER}"),
    ("+epochs=5", "leave out the plus sign", "epochs=5"),
    ("callbacks.curves.secs=1", "did you mean 'seconds'?", "callbacks.curves.seconds=1"),
    # Another choice.
    ("optimizer=adm", "did you mean 'adam'?", "optimizer=adam"),
    ("+optimizer=sgd", "leave out the plus sign to change it", "optimizer=sgd"),
    ("~callbacks=none", "write ~callbacks to leave out any", "~callbacks"),
    ("~optimizer", "set it with optimizer=", "optimizer=adam"),
    ("hydra/launcher=basik", "did you mean 'basic'?", "hydra/launcher=basic"),
    ("optimizer={size:1}", "a choice is written optimizer=NAME, and one of its options optimizer.KEY=VALUE",
     "optimizer=sgd optimizer.lr=0.1"),
    ("\"hydra.run.dir='\\${a}'\"", "choose another directory with hydra.run.dir=DIR", "hydra.run.dir=elsewhere"),
    ("optimizer=null", "a choice is written GROUP=NAME; ~GROUP leaves one out", "optimizer=sgd"),
    ("task=sumary", "did you mean 'summary'?", "task=summary"),
    # Another value.
    ("seed=1,2", "one list is written KEY=[1,2]", "data.mean=[0.5]"),
    ("hydra.job.name=[1", "special characters in quotes", "\"hydra.job.name='[1'\""),
    ("epochs=0", "0 is not in [1, inf)", "epochs=1"),
    ("clip_norm=0", "null does not clip", "clip_norm=null"),
    ("optimizer.lr=???", "set it with optimizer.lr=VALUE", "optimizer.lr=0.1"),
    ("data.transforms.resize.size=[20,20]", "reduce kernel_size", "data.transforms.resize.size=[20,20] "
     "model.layers.conv3.kernel_size=3"),
    ("model.layers.head.out_features=8", "set out_features of its last layer to auto",
     "model.layers.head.out_features=auto"),
    ("optimizer.groups={conv1.wight:{lr_factor:0}}", "the nearest is 'conv1.weight'",
     "optimizer.groups={conv1.weight:{lr_factor:0}}"),
    ("objective=best_val_acuracy", "did you mean 'best_val_accuracy'?", "objective=best_val_accuracy"),
    ("parallel.workers=0", "auto chooses a number", "parallel.workers=auto"),
    # Users' classes and files.
    (
        f"{OWN} model=bare",
        "did you mean 'models.Linear'?",
        f"{OWN} model=bare model.layers.head._target_=models.Linear",
    ),
    (f"{OWN} model=foreign", "with allow=[mine] on the command line", f"{OWN} model=foreign allow=[mine]"),
    ("optimizer._target_=trainer.optimizers.Adm", "did you mean 'Adam'?", "optimizer._target_=trainer.optimizers.Adam"),
    ("optimizer._target_=trainer.optimizers.Optimizer", "name one of its subclasses",
     "optimizer._target_=trainer.optimizers.Adam"),
    (f"{OWN} model=on", "write it in quotes", f"{OWN} model=quoted"),
    (f"{OWN} model=braces", "inside braces, ${...} and ??? need quotes", f"{OWN} model=calm"),
    (f"{OWN} experiment=own", "make '# @package _global_' the first line", f"{OWN} experiment=global"),
    (f"{OWN} data=bare model=calm", "or add +data.num_classes=VALUE",
     f"{OWN} data=bare model=calm +data.num_classes=10"),
    ("--config-dir marked experiment=marked", "save it as UTF-8 without a byte order mark", f"{OWN} experiment=global"),
    ("--config-dir copy model=mlp", "give it another name than model/mlp.yaml", f"{OWN} model=calm"),
    ("--epochs 5", "options are written KEY=VALUE, without dashes", "epochs=5"),
]


SEEN = dict(OVERRIDES)  # lines that test_mistakes has seen


@pytest.fixture
def typed(trainer_here, tmp_path, capsys):
    """Does `trainer ...` in a folder with the files above; gives the exit code and stderr."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")

    def call(line):
        try:
            code = main(shlex.split(line))
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().err

    return call


@pytest.mark.slow
@pytest.mark.parametrize(("given", "advice", "then"), ADVICE)
def test_advice_is_followed(given, advice, then, typed):
    if advice not in SEEN.get(given, ""):
        code, line = typed(f"summary hydra.run.dir=a {given}")
        assert code == 2
        assert advice in line
        assert line.count("\n") == 1
    assert typed(f"summary hydra.run.dir=b {then}") == (0, "")


@pytest.mark.parametrize(
    ("given", "advice", "then"),
    [
        ("sumary", "did you mean 'trainer summary'?", "summary"),
        ("model=mlp summary", "as in trainer summary ...", "summary model=mlp"),
        ("outputs/x", "'trainer --help' lists all", "--help"),
        ("evaluate", "see trainer evaluate --help", "evaluate --help"),
        ("resume", "trainer resume last epochs=40", "resume --help"),
        ("-sc bash", "trainer -sc install=bash", "-sc install=bash"),
        ("--epochs 3", "see --help", "--help"),
    ],
)
def test_advice_on_the_command_itself_is_followed(given, advice, then, typed):
    code, line = typed(given)
    assert code == 2
    assert advice in line
    assert typed(then) == (0, "")


@pytest.mark.parametrize(("launcher", "extra"), [("joblib", "joblib"), ("ray", "ray"), ("submitit_slurm", "slurm")])
def test_a_launcher_that_is_not_installed_names_its_packages(launcher, extra):
    from hydra.errors import MissingConfigException

    from trainer.compose.hydra_errors import missing_file

    error = MissingConfigException("", f"hydra/launcher/{launcher}", ["basic"])
    line = missing_file(error, [f"hydra/launcher={launcher}"])
    assert line == f"hydra/launcher={launcher}: the launcher is not installed; {install_hint(extra)}"


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_is_installed_are_requirements(extra):
    requirement = pytest.importorskip("packaging.requirements").Requirement
    program, *words = shlex.split(install_hint(extra))
    assert (program, words[:3]) == ("python", ["-m", "pip", "install"])
    for word in words[3:]:
        requirement(word)


@cache
def messages():
    """Every text in the code but docstrings, with its file."""
    return [*_messages()]


def _messages():
    for place in ("trainer", "models", "datasets"):
        for file in (trainer.ROOT / place).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                    yield file.relative_to(trainer.ROOT).as_posix(), node.value


def options_of(words, monkeypatch):
    """The options of a verb's parser, those of its groups too."""
    found = set()
    add = argparse._ActionsContainer.add_argument  # also of groups
    monkeypatch.setattr(argparse._ActionsContainer, "add_argument",
                        lambda self, *names, **more: found.update(names) or add(self, *names, **more))
    with suppress(SystemExit):
        main([*words, "--help"])
    return found


@pytest.mark.slow
def test_every_verb_that_is_named_exists():
    named = {(file, verb) for file, text in messages() for verb in re.findall(r"(?<!from )\btrainer ([a-z]+)\b", text)}
    assert {pair for pair in named if pair[1] not in VERBS} == set()


@pytest.mark.slow
def test_every_option_that_is_named_exists(monkeypatch, capsys):
    verbs = [[verb] for verb in VERBS if not VERBS[verb].task] + [["runs", action] for action in ACTIONS]
    known = {name for words in verbs for name in options_of(words, monkeypatch)}
    known |= {name for action in [*Options()._actions, *Given()._actions] for name in action.option_strings}
    named = {(file, name) for file, text in messages() for name in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)}
    named = {pair for pair in named if not pair[0].startswith("trainer/pages")}  # variables of style sheets
    assert {pair for pair in named if pair[1] not in known | {"--version", "--help", "--json"}} == set()


GROUPS = "model|optimizer|schedule|loss|callbacks|parallel|limit|hydra"


@pytest.mark.slow
def test_every_key_that_is_named_exists():
    """Except those that a `+` adds."""
    config = compose(["hydra.run.dir=x", "hydra.sweep.dir=x"])
    key = re.compile(rf"(?<![\w.$/{{'+])((?:{GROUPS})(?:\.[a-z_]+)+)(?![\w(./])")
    named = {(file, name) for file, text in messages() if " " in text for name in key.findall(text)}
    missing = object()
    absent = {name for _, name in named if OmegaConf.select(config, name, default=missing) is missing}
    assert absent <= {"model.onnx", "callbacks.snapshots"}  # a file, and what is added with +
