"""The test is worse than the validation."""

from math import hypot

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, deviation, tested

GAP = 0.03
DEVIATIONS = 3.0  # since the best of many epochs was chosen, which flatters the validation


def worse_in_test(facts: Facts) -> Finding | None:
    """Compare the headline figure of the test with that of the validation, where both are shares."""
    problem, seen = facts.problem, tested(facts)
    if problem is None or seen is None or not problem.metrics[problem.headline].higher_is_better:
        return None
    name = problem.headline
    test, best = (facts.result.get("test") or {}).get(name), (facts.result.get("best") or {}).get(f"val_{name}")
    counts = len(seen.splits.test), len(seen.splits.validation)
    if test is None or best is None or not min(counts) or not (0 <= test <= 1 and 0 <= best <= 1):
        return None
    chance = hypot(*(deviation(share, count) for share, count in zip((test, best), counts, strict=True)))
    if best - test < max(GAP, DEVIATIONS * chance):
        return None
    return Finding(
        f"The test's {problem.metrics[name].label} of {test:.3g} is far below the validation's {best:.3g}: more than "
        f"chance explains.",
        "curves",
        "see whether both come from the same source (trainer preview data=...), and whether examples of the validation "
        "are also in the training",
    )
