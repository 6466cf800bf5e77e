"""Every command of the documentation runs, every link leads somewhere, every file that is named exists.

Commands stand in ```console blocks, one a line. Those that train are cut short to one epoch on some of the examples; a
line that ends in `# fails` must end with exit code 1. Benchmarks and installations are left to those who want them.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.helpers.process import environment, run
from trainer import configure
from trainer.commands.verbs import VERBS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {str(page.relative_to(DOCS)): page.read_text(encoding="utf-8") for page in sorted(DOCS.rglob("*.md"))}
NOT_RUN = ("python -m benchmarks", "python -m pip", "python -m pytest")
NO_TRAINING = ("task=", "--help", "--cfg", "--version", "--info")
TRAINING = ("sweep", "resume", "gradcheck", "profile")  # verbs that can be cut short; without a verb it trains
FEWER_JOBS = {
    "search=lr": "seed=0",
    "search=optuna": "hydra.sweeper.search.trials=2",
    "seed=0,1": "seed=0",
    **{f"cross_validation={folds}": "cross_validation=2" for folds in (3, 5)},
}
CUT_SHORT = (
    *("epochs=1", "limit.train=40", "limit.validation=20", "limit.test=20", "parallel.workers=1"),
    *("callbacks.report=null", "callbacks.curves=null"),
)
SMALL_BATCHES = {"gradcheck": ("batch_size=8",), "profile": ("batch_size=8",)}  # by verb


def commands(text: str) -> list[str]:
    """The lines of the page's console blocks that call Python or `trainer`; a backslash joins lines."""
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(("python ", "trainer ")) and not line.startswith(NOT_RUN)]


APART = "understanding/"  # pages whose commands build on each other; see test_understanding.py
PAGE_OF = {c: page for page, text in PAGES.items() if not page.startswith(APART) for c in commands(text)}


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """What RUN stands for in a command: the directory of a run."""
    directory = tmp_path_factory.mktemp("docs") / "run"
    few = "epochs=1", "limit.train=500", "limit.validation=100", "limit.test=100", "parallel.workers=1"
    process = execute(["-m", "trainer", "model=mlp", *few, f"hydra.run.dir={directory}"], directory.parent)
    assert process.returncode == 0, process.stderr
    return directory


def execute(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess:
    if arguments[0] == "-m":
        return run(*arguments[2:], cwd=cwd, module=arguments[1])
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=600, check=False)


def write_files(text: str, directory: Path) -> None:
    """Write the blocks that the page gives a name: "`mylayers.py`" at the end of the paragraph before."""
    named = r"`([\w/]+\.(?:py|yaml))`[^`]*\n\n```(?:python|yaml)\n(.*?)^```$"
    for name, content in re.findall(named, text, re.MULTILINE | re.DOTALL):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content, encoding="utf-8")


SHOWS = re.compile(r"(python -m trainer|trainer) .*(task=summary|task=graph|--help|--cfg)|trainer (summary|graph) ")
QUICK = [command for command in PAGE_OF if SHOWS.match(command) and "RUN" not in command]


def arguments_of(command: str) -> tuple[list[str], bool]:
    """What follows `trainer` or `python`, and whether it is `trainer`."""
    program, *arguments = shlex.split(command, comments=True)
    if arguments[:2] == ["-m", "trainer"]:
        return arguments[2:], True
    return arguments, program == "trainer"


def cut_short(arguments: list[str]) -> list[str]:
    """A training on few examples; a run that is resumed keeps its own."""
    added = CUT_SHORT[:1] if arguments[0] == "resume" else SMALL_BATCHES.get(arguments[0], CUT_SHORT)
    added = (*added, *(fewer for search, fewer in FEWER_JOBS.items() if search in arguments))
    return [part for part in arguments if part.partition("=")[0] not in {a.partition("=")[0] for a in added}] + [*added]


@pytest.mark.parametrize(
    "command", [pytest.param(command, marks=[pytest.mark.slow] if " graph " in command else []) for command in QUICK]
)
def test_command_that_only_shows(command, trainer_here, capfd):
    assert trainer_here(*arguments_of(command)[0]) == 0
    out, err = capfd.readouterr()
    assert out
    assert "Traceback" not in err


@pytest.mark.process
@pytest.mark.parametrize("command", [command for command in PAGE_OF if command not in QUICK])
def test_command(command, tmp_path, request, trainer_here, capfd):
    """In this process, but for Python itself."""
    if "mnist" in command and "TRAINER_DATA" not in os.environ:
        pytest.skip("needs the real data: TRAINER_DATA=DIR")
    if "docs/examples" in command:
        shutil.copytree(DOCS / "examples", tmp_path / "docs" / "examples")
    write_files(PAGES[PAGE_OF[command]], tmp_path)
    arguments, is_trainer = arguments_of(command)
    if "RUN" in command:
        arguments = [part.replace("RUN", str(request.getfixturevalue("finished_run"))) for part in arguments]
    trains = is_trainer and arguments[0] not in {*VERBS} - {*TRAINING}
    if trains and not any(part.startswith(NO_TRAINING) for part in arguments):
        arguments = cut_short(arguments)
    if is_trainer:
        code, errors = trainer_here(*arguments), capfd.readouterr().err
    else:
        process = execute(arguments, tmp_path)
        code, errors = process.returncode, process.stderr
    assert code == command.endswith("# fails"), errors
    assert "Traceback" not in errors


def test_there_are_commands_on_every_page_of_the_texts():
    silent = {page for page in PAGES if not commands(PAGES[page])}
    assert silent <= {"README.md", "autograd.md", "glossary.md"}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", PAGES[page]):
        if not target.startswith(("http:", "https:")):
            assert (DOCS / page).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page):
    for place in re.findall(r"`((?:models|trainer|datasets|configs|tests|docs|benchmarks)/[\w./]+)`", PAGES[page]):
        assert (ROOT / place).exists(), place


def test_the_index_names_every_page():
    for page in PAGES:
        assert page == "README.md" or f"]({page})" in PAGES["README.md"], page


def test_the_map_names_every_page_of_the_texts():
    for page in ("scalar_graphs", "convolution", "activations", "layers", "shallow_cnn", "two_layer", "gradient_check"):
        assert f"({page}.md" in PAGES["textbook.md"]


def test_installations_name_this_project_and_its_extras():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "".join([*PAGES.values(), README])
    named = re.findall(r"pip install ['\"]([\w.-]+)\[(\w+)\]", text)
    assert named
    for name, extra in named:
        assert name == project["name"]
        assert extra in project["optional-dependencies"]


@pytest.mark.parametrize("command", re.findall(r"`((?:python -m )?trainer [^`]+)`", README))
def test_commands_of_the_readme(command):
    """The configurations are sound, the verbs exist; the pages run such commands."""
    words = shlex.split(command.removeprefix("python -m "))[1:]
    assert "=" in words[0] or words[0].startswith("-") or words[0] in VERBS
    configure(*(word for word in words if "=" in word and "," not in word))


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", README) + re.findall(r'src="([^"]+)"', README)
    links = [link for link in links if not link.startswith("http")]
    assert {"docs/images/report.png", "docs/images/show.webp"} <= {*links}
    for link in links:
        assert (ROOT / link).exists(), link
