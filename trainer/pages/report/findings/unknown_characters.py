"""A text whose end has characters that its beginning, which was trained on, does not have."""

from trainer.datasets.sets.text import UNKNOWN
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, tested

LEAST = 0.05  # of the characters; each costs as much as a dozen others


def unknown_characters(facts: Facts) -> Finding | None:
    """Count the unknown characters."""
    seen = tested(facts)
    if facts.problem is None or not facts.problem.writes or seen is None or facts.classes[:1] != (UNKNOWN,):
        return None
    share = float((seen.labels == 0).mean())
    if share < LEAST:
        return None
    return Finding(
        f"{share:.0%} of the {seen.split}'s characters are unknown: the training part of the text lacks them.",
        "texts",
        "a text whose end is like its beginning, since the end is the test: leave out what is in another language",
        urgent=True,
    )
