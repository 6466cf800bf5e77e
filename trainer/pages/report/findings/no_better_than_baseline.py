"""What was learned is no better than no network."""

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, deviation
from trainer.pages.report.findings.learns_nothing import learns_nothing

DEVIATIONS = 2.0  # by which a share must differ from another to be more than chance, in 19 of 20 cases


def no_better_than_baseline(facts: Facts) -> Finding | None:
    """Compare the test's headline figure with that of the best constant answer."""
    problem, test, baseline = facts.problem, facts.result.get("test") or {}, facts.result.get("baseline") or {}
    if problem is None or learns_nothing(facts):
        return None
    name, metric = problem.headline, problem.metrics[problem.headline]
    reached, constant = test.get(name), baseline.get(name)
    if reached is None or not isinstance(constant, float):
        return None
    better = reached - constant if metric.higher_is_better else constant - reached
    chance = 0.0
    if metric.higher_is_better and 0 <= constant <= 1 and facts.predictions:
        chance = DEVIATIONS * deviation(constant, facts.predictions.available)
    if better > chance:
        return None
    return Finding(
        f"The test's {metric.label} is {reached:.3g}; {baseline.get('name')}, without a network, has {constant:.3g}.",
        "curves",
        "look at the data first: trainer preview shows examples, ranges and what a linear model reaches",
        urgent=True,
    )
