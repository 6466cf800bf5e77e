"""The network is better on what it has not learned from than on what it has."""

from trainer.models import Dropout
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column, deviation

LEAST_EPOCHS = 5  # training figures are means over an epoch in which the network changes
GAP = 0.05
DEVIATIONS = 3.0


def leak(facts: Facts) -> Finding | None:
    """Compare the test with the training, unless dropout or augmentation makes the training harder."""
    problem, seen = facts.problem, facts.predictions
    if problem is None or seen is None or not problem.metrics[problem.headline].higher_is_better:
        return None
    layers = facts.graph.nodes if facts.graph else []
    harder = any(isinstance(node.layer, Dropout) for node in layers) or bool(facts.config["data"].get("augment"))
    name = problem.headline
    trained, test = column(facts, f"train_{name}"), (facts.result.get("test") or {}).get(name)
    if harder or test is None or trained.size < LEAST_EPOCHS or not (0 <= trained[-1] <= 1 and 0 <= test <= 1):
        return None
    if test - trained[-1] < max(GAP, DEVIATIONS * deviation(test, len(seen.splits.test))):
        return None
    return Finding(
        f"The test's {problem.metrics[name].label} of {test:.3g} is far above the training's {trained[-1]:.3g}: the "
        "test is easier than what the network learns from, or it is in there.",
        "curves",
        "look for examples that are in both parts, and at how they were divided: trainer preview counts them",
    )
