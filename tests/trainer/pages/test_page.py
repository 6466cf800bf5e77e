"""Pages hold everything, and nothing in them can break out."""

import json
import re
from html.parser import HTMLParser

import pytest

from trainer.pages.page import asset, embedded, page, write

HOSTILE = "</script><script>alert(1)</script><!--\u2028"


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict]]:
    parser = Elements()
    parser.feed(html)
    return parser.found


def test_data_cannot_end_their_script():
    text = embedded({"name": HOSTILE})
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == {"name": HOSTILE}


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError):
        embedded([float("nan")])


def test_a_page_loads_nothing_and_holds_no_foreign_element():
    html = page(HOSTILE, "<h1>A run</h1>", {"name": HOSTILE})
    found = elements(html)
    assert not [1 for _, attributes in found if {"src", "href"} & attributes.keys()]
    assert [tag for tag, _ in found].count("script") == 2
    policy = next(attributes["content"] for _, attributes in found if "http-equiv" in attributes)
    assert "default-src 'none'" in policy


def test_every_colour_has_a_dark_twin():
    light, dark = re.findall(r":root \{(.*?)\}", asset("page.css"), re.DOTALL)
    names = [set(re.findall(r"--[a-z]+", part)) for part in (light, dark)]
    assert names[0] == names[1]
    assert len(names[0]) >= 10


def test_a_page_is_written_whole(tmp_path):
    write(tmp_path / "page.html", page("A run", "<p>ä</p>"))
    assert "<p>ä</p>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
