"""The findings of a run, in words, each with the figure that shows it and what to try."""

from __future__ import annotations

from collections.abc import Collection

from trainer.pages.report.facts import Facts
from trainer.pages.report.findings import findings
from trainer.pages.report.section import Section, text


def found(facts: Facts, anchors: Collection[str]) -> Section | None:
    """Return the findings; None where there are none. `anchors` are those of the sections that the page has."""
    items = []
    for each in findings(facts):
        kind = ' class="urgent"' if each.urgent else ""
        see = f' <a href="#{text(each.section)}">See it</a>' if each.section in anchors else ""
        advice = f'<div class="advice">What to try: {text(each.advice)}.</div>' if each.advice else ""
        items.append(f"<li{kind}>{text(each.text)}{see}{advice}</li>")
    return Section("findings", "What stands out", f'<ul class="findings">{"".join(items)}</ul>') if items else None
