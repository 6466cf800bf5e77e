"""`trainer summary`."""

import logging

from tests.helpers import tables
from tests.helpers.runs import composed
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


def test_it_says_how_the_data_were_understood(tmp_path, caplog):
    rows = [row | {"id": str(number)} for number, row in enumerate(tables.without(tables.houses(60), "dear"))]
    file = tables.write(tmp_path / "houses.csv", rows)
    config = composed(*tables.TABLE, f"data.file={file}", "data.target=price")
    with caplog.at_level(logging.INFO, "trainer"):
        summary(config, tmp_path)
    said = Setup(config).dataset.described()
    assert caplog.messages[0].splitlines()[-len(said) :] == said
    assert said == [
        "number: area, rooms",
        "category: kind",
        "category, embedded: place",
        "yes/no: garden",
        "date: built",
        "id is left out: it counts the rows",
        "price is predicted: a value",
    ]


def test_as_a_command(trainer_here, capfd):
    assert trainer_here("task=summary", "model=mlp", "~model.layers.act1") == 0
    output = capfd.readouterr().out
    assert "fc1" in output
    assert "act1" not in output
