"""Saved configurations, composed once more."""

import numpy as np
import pytest
from hydra.core.config_store import ConfigStore

from tests.helpers.runs import composed, make_run, write_checkpoint
from trainer.compose.plain import plain
from trainer.compose.saved import NAME, check_name, composition
from trainer.ground.errors import ConfigError


@pytest.mark.parametrize("given", [[], ["epochs=3", "--multirun"], ["resume=null"], ["resume="]])
def test_nothing_saved_is_asked_for(given):
    assert composition(given) == ("config", given)


def test_a_run_gives_its_configuration_but_what_is_hydras(tmp_path):
    run = make_run(tmp_path / "a run", "model=mlp", "epochs=7", name="last")
    name, arguments = composition(["epochs=9", f"resume='{run}'"])
    assert name == NAME
    assert arguments == ["epochs=9", f"resume='{run}'", f"hydra.run.dir='{run}'"]
    node = ConfigStore.instance().load(f"{NAME}.yaml").node
    assert (node.epochs, node.resume, node.allow) == (7, str(run), [])
    assert "sweeper" in str(node.hydra) or "run" in node.hydra  # from our own config.yaml


def test_a_text_of_the_data_is_no_interpolation(tmp_path):
    config = composed("model=mlp")
    config["data"]["learned"] = {"${a.b}": ["${oc.env:HOME}", r"\${b}", r"\\${c}", "???", r"d\e"]}
    write_checkpoint(tmp_path / "checkpoints" / "last.safetensors", config, {"w": np.zeros(1, np.float32)})
    composition([f"resume={tmp_path}"])
    assert plain(ConfigStore.instance().load(f"{NAME}.yaml").node.data) == config["data"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--multirun", "a run is resumed alone"),
        ("-m", "a run is resumed alone"),
        ("hydra.run.dir=b", r"^what is resumed continues in its directory; leave this out, or resume a"),
        ("model=lenet5", r"keeps its model; give options of it, as in model\.KEY=VALUE"),
    ],
)
def test_what_a_resumed_run_cannot_have(tmp_path, more, message):
    run = make_run(tmp_path / "run", name="last")
    with pytest.raises(ConfigError, match=message):
        composition([f"resume={run}", more])


def test_a_run_that_has_saved_nothing(tmp_path):
    with pytest.raises(ConfigError, match=r"has no checkpoints/last\.safetensors"):
        composition([f"resume={tmp_path}"])


def test_hydra_would_resolve_a_name(tmp_path):
    check_name(tmp_path)
    with pytest.raises(ConfigError, match=r"Hydra replaces \$\{\.\.\.\} in names"):
        check_name(tmp_path / "${now:}")
