"""Configurations in a user's own folders."""

import codecs

import pytest

from trainer import CONFIGS
from trainer.compose.own_files import no_name, own_files, readable, unnamed
from trainer.ground.errors import ConfigError

REMEDY = "save it as UTF-8 without a byte order mark"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes model/mine.yaml in a folder of configurations; gives that folder."""
    monkeypatch.chdir(tmp_path)

    def call(content, name="model/mine.yaml"):
        file = tmp_path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return tmp_path / "own"

    return call


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (codecs.BOM_UTF8 + b"a: 1\n", "it begins with a byte order mark"),
        ("a: 1\n".encode("utf-16"), "it is UTF-16"),
        ("a: 1\n".encode("utf-32"), "it is UTF-32"),
        ("a: 1\nb: 2\nc: ü\n".encode("latin-1"), "line 3 is in another encoding, such as Latin-1"),
    ],
)
def test_other_encodings_are_named(content, problem, write):
    folder = write(content)
    with pytest.raises(ConfigError) as caught, readable([folder]):
        (folder / "model/mine.yaml").read_text(encoding="utf-8")
    assert str(caught.value) == f"own/model/mine.yaml: {problem}; {REMEDY}"


def test_a_failure_of_something_else_passes(write):
    with pytest.raises(UnicodeDecodeError), readable([write(b"a: 1\n")]):
        b"\xff".decode()


def test_a_file_that_ours_hides_is_named_unless_it_is_the_same(write):
    ours = (CONFIGS / "model/mlp.yaml").read_bytes()
    with readable([write(ours, "model/mlp.yaml")]):
        pass
    message = r"^own/model/mlp\.yaml: is not read, since we have .*; give it another name than model/mlp\.yaml$"
    with pytest.raises(ConfigError, match=message), readable([write(ours + b"# mine\n", "model/mlp.yaml")]):
        pytest.fail("it is read")


def test_the_record_of_a_run_is_no_folder_of_configurations(write):
    write(b"- epochs=1\n", "overrides.yaml")
    with pytest.raises(ConfigError, match=r"do that run again with trainer train --like "), readable(
        [write(b"epochs: 1\n", "config.yaml")]
    ):
        pytest.fail("it is read")


@pytest.mark.parametrize("name", ["null", "~", "2020-01-01"])
def test_keys_that_are_no_names_are_found_at_any_depth(name, write):
    folder = write(f"# Mine\nlayers:\n  a:\n    - b: {{c: 1}}\n    - {name}: 3\n".encode())
    assert unnamed([folder]) == f"own/model/mine.yaml:5: {no_name(name)}"


def test_names_that_are_right(write):
    assert unnamed([write(b"a: null\n1: x\nyes: y\n'null': z\nb: &b {c: 1}\nd:\n  <<: *b\n")]) is None
    assert unnamed([write(b"a: {\n")]) is None  # what is no YAML is told by others


def test_files_are_looked_for_where_hydra_does(write):
    write(b"", "model/deep/er.yaml")
    write(b"", "notes.txt")
    write(b"", "top.yaml")
    folder = write(b"")
    found = [path.relative_to(folder).as_posix() for path in own_files([folder]) if path.is_relative_to(folder)]
    assert found == ["model/mine.yaml", "top.yaml"]
