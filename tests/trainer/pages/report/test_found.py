"""Findings lead to the figure that shows them."""

from trainer.pages.report import found as page
from trainer.pages.report.finding import Finding


def test_each_has_its_figure_and_its_advice(digits, monkeypatch):
    there = [Finding("<All> is lost.", "curves", "<less>", urgent=True), Finding("Nothing.", "nowhere", "")]
    monkeypatch.setattr(page, "findings", lambda facts: there)
    body = page.found(digits, {"curves"}).body
    assert '<li class="urgent">&lt;All&gt; is lost. <a href="#curves">See it</a>' in body
    assert "What to try: &lt;less&gt;." in body
    assert "<li>Nothing.</li>" in body
    monkeypatch.setattr(page, "findings", lambda facts: [])
    assert page.found(digits, ()) is None
