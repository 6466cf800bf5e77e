"""The example as people have it: a text's characters with what each counts, the row of a table."""

import re

import pytest

from tests.helpers import tables
from tests.trainer.pages.explain.test_document import page_of
from trainer.pages.explain.passes import follow


def test_of_a_text_the_characters_and_what_each_counts(tmp_path):
    (tmp_path / "story.txt").write_text("the cat sat on the mat.\n" * 20)
    options = ("model=char_mlp", "data=text", f"data.file={tmp_path / 'story.txt'}", "data.context=8")
    network, source, html = page_of(tmp_path, *options, "precision=float64")
    assert html.count("<span style=") == 8
    assert "".join(re.findall(r'"><?([^<])</span>', html.split("Forward")[0])) == "the␣cat␣"
    assert "Next comes ‘s’. The network says ‘" in html
    counts = [float(each.replace("−", "-")) for each in re.findall(r'%" title="(.*?)"', html)]
    weight, row = network.parameters["vectors.weight"], network.dataset.encode("c")[0]  # it is the fifth of eight
    before, kept = follow(network, source, 0).loss, weight[row].copy()
    weight[row] *= 1 + 1e-6
    changed = (follow(network, source, 0).loss - before) / 1e-6
    weight[row] = kept
    assert -changed == pytest.approx(counts[4], rel=1e-3)


def test_of_a_table_the_row_and_the_target_in_its_own_unit(tmp_path):
    pytest.importorskip("polars")
    rows = [{"kind": "ab"[place % 2], "size": str(place % 7 + 10), "price": str(1000 * place)} for place in range(40)]
    file = tables.write(tmp_path / "houses.csv", rows)
    _, _, html = page_of(tmp_path, *tables.TABLE, f"data.file={file}", "data.target=price")
    assert "<th>kind</th><th>size</th>" in html
    assert "<th>kind=(other)</th><th>kind=a</th>" in html
    (target,) = re.findall(r"The target is (\d+)", html)
    assert {"price": target}.items() <= rows[int(target) // 1000].items()
    assert "categories" not in html.partition("joined")[0]
