"""The page on layers: its example is a layer, and its table says what a context has."""

import re
from pathlib import Path

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer

PAGE = (Path(__file__).parents[2] / "docs" / "layers.md").read_text(encoding="utf-8")


def example() -> type:
    (code,) = re.findall(r"^```python\n(import numpy.*?)^```$", PAGE, re.M | re.S)
    names = {}
    exec(code, names)
    return names["Scale"]


def test_the_example_is_a_layer():
    check_gradients(example()(), (3, 4, 5))


def test_a_context_has_what_the_table_says():
    (table,) = re.findall(r"^\| `ctx\.` \|.*?\n\n", PAGE, re.M | re.S)
    names = [name for row in table.strip().splitlines()[2:] for name in re.findall(r"`([a-z_.]+)", row.split("|")[1])]
    single = SingleLayer(example()(), (3, 4, 5))
    (ctx,) = single.workspace.contexts(2)
    assert {"params.weight", "communicator.sum", "writes_kept"} <= set(names)
    for name in names:
        value = ctx
        for part in name.split("."):
            value = getattr(value, part)
