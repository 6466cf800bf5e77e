"""`trainer summary`."""

import logging

from tests.helpers.training import LAYERS, small_config
from trainer.commands.summary import summary
from trainer.engine.setup import Setup


def test_it_shows_the_layers_as_configured(tmp_path, caplog):
    config = small_config()
    with caplog.at_level(logging.INFO, "trainer"):
        summary(config, tmp_path)
    (text,) = caplog.messages
    assert text == Setup(config).graph.summary()
    first_words = [line.split()[0] for line in text.splitlines()]
    assert [word for word in first_words if word in LAYERS] == [*LAYERS]
    assert [*tmp_path.iterdir()] == []


def test_as_a_command(trainer_here, capfd):
    assert trainer_here("task=summary", "model=mlp", "~model.layers.act1") == 0
    output = capfd.readouterr().out
    assert "fc1" in output
    assert "act1" not in output
