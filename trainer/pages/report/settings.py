"""The settings of the run, and the versions and the machine it ran on."""

from __future__ import annotations

from typing import Any

import yaml

from trainer.pages.report.facts import Facts
from trainer.pages.report.section import Section, clip, table, text

KNOWN = ("versions", "machine")  # parts of the result
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
LONGEST_VALUE = 200  # what was learned of a table can fill pages


def settings(facts: Facts) -> Section | None:
    """Return the command's overrides, the whole configuration, versions and machine."""
    body = []
    if facts.overrides:
        rows = [override.partition("=")[::2] for override in facts.overrides]
        body.append(table(["set on the command line", ""], rows))
    known = {name: value for part in KNOWN for name, value in (facts.result.get(part) or {}).items()}
    known |= {name: str(facts.result[name]) for name in ("seed", "workers") if facts.result.get(name) is not None}
    if known:
        body.append(f"<h3>Versions and machine</h3>{table([], known.items())}")
    if facts.config:
        shown = yaml.dump(_short(facts.config), Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=100)
        body.append(f"<details><summary>The whole configuration</summary><pre>{text(shown.rstrip())}</pre></details>")
    return Section("settings", "Settings", "".join(body)) if body else None


def _short(value: Any) -> Any:
    """Return a configuration as plain values, of which the longest are cut."""
    if isinstance(value, dict):
        return {str(key): _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        whole = [_short(item) for item in value]
        return whole if len(str(whole)) <= 5 * LONGEST_VALUE else clip(str(whole), LONGEST_VALUE)
    return clip(value, LONGEST_VALUE) if isinstance(value, str) else value
