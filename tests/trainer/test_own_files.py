"""Files of the user's own, in whatever encoding and with whatever names."""

import codecs

import pytest

from trainer import CONFIGS, configure
from trainer.ground.errors import ConfigError

TEXT = "# @package _global_\n# café\nepochs: 3\n"
MARKED = "it begins with a byte order mark"


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for group in ("experiment", "model"):
        (tmp_path / "own" / group).mkdir(parents=True)
    return tmp_path / "own"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (codecs.BOM_UTF8 + TEXT.encode(), MARKED),
        (TEXT.encode("utf-16"), "it is UTF-16"),
        (TEXT.encode("utf-32"), "it is UTF-32"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "it is UTF-16"),
        (TEXT.encode("latin-1"), "line 2 is in another encoding, such as Latin-1"),
        (TEXT.replace("é", "й").encode("cp1251"), "line 2 is in another encoding, such as Latin-1"),
    ],
)
def test_another_encoding_is_named_with_its_file(content, problem, own):
    (own / "experiment/mine.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        configure("experiment=mine", config_dir="own")
    assert str(caught.value) == f"own/experiment/mine.yaml: {problem}; save it as UTF-8 without a byte order mark"


def test_a_file_that_is_not_read_may_be_in_any_encoding(own):
    (own / "experiment/mine.yaml").write_text(TEXT, encoding="utf-8")
    (own / "experiment/other.yaml").write_bytes(TEXT.encode("latin-1"))
    assert configure("experiment=mine", config_dir="own").epochs == 3


def test_a_file_behind_one_of_ours_is_not_overlooked(own):
    (own / "model/mlp.yaml").write_bytes((CONFIGS / "model/mlp.yaml").read_bytes())
    configure("model=mlp", config_dir="own")
    (own / "model/mlp.yaml").write_text("layers: {}\n")
    line = r"^own/model/mlp\.yaml: is not read, since we have a file of that name; "
    with pytest.raises(ConfigError, match=line):
        configure("model=mlp", config_dir="own")


@pytest.mark.parametrize("name", ["on", "yes", "no", "True", "1", "0x1", "1.5", "1e3"])
def test_a_name_that_yaml_reads_as_a_value(name, own):
    (own / "model/mine.yaml").write_text(f"layers:\n  {name}: {{_target_: models.Linear, out_features: 10}}\n")
    with pytest.raises(ConfigError, match=r"^own/model/mine\.yaml:\d: model\.layers\..* is not a name, since YAML "):
        configure("model=mine", config_dir="own")
    (own / "model/mine.yaml").write_text(f"layers:\n  '{name}': {{_target_: models.Linear, out_features: 10}}\n")
    configure("model=mine", config_dir="own")


@pytest.mark.parametrize("name", ["null", "~"])
def test_a_name_that_yaml_reads_as_nothing(name, own):
    (own / "model/mine.yaml").write_text(f"layers:\n  {name}: {{_target_: models.Linear, out_features: 10}}\n")
    with pytest.raises(ConfigError, match=rf"^own/model/mine\.yaml:2: {name} is not a name, since YAML reads "):
        configure("model=mine", config_dir="own")


@pytest.mark.parametrize(
    ("group", "content", "key"),
    [
        ("model", "layers:\n  a:\n    _target_: models.Linear\n    out_features: 10\n    1: 2\n", "model.layers.a.1"),
        ("experiment", "# @package _global_\ncallbacks:\n  on: {}\n", "callbacks.True"),
        ("experiment", "# @package _global_\noptimizer:\n  groups: {1: {lr_factor: 0}}\n", "optimizer.groups.1"),
    ],
)
def test_names_are_text_everywhere(group, content, key, own):
    (own / group / "mine.yaml").write_text(content)
    with pytest.raises(ConfigError, match=rf"^own/{group}/mine\.yaml:\d: {key}: \w+ is not a name, "):
        configure(f"{group}=mine", config_dir="own")
