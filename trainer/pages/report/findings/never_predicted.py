"""Classes that the network never says."""

import numpy as np

from trainer.engine.baseline import mean_target
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, listed
from trainer.pages.report.findings.learns_nothing import learns_nothing
from trainer.problems import Classification

LEAST_EXAMPLES = 5  # of a class: of fewer, all may be hard


def never_predicted(facts: Facts) -> Finding | None:
    """Look for classes of which there are examples, and which are never predicted."""
    if not isinstance(facts.problem, Classification) or facts.predictions is None or learns_nothing(facts):
        return None
    seen, classes = facts.predictions, len(facts.classes)
    examples, predicted = (np.bincount(each, minlength=classes) for each in (seen.labels, seen.predicted))
    silent = np.flatnonzero((examples >= LEAST_EXAMPLES) & (predicted == 0))
    if not silent.size:
        return None
    names = [f"'{facts.classes[each]}'" for each in silent]
    share = mean_target(seen.splits.train, classes)[silent].sum()
    are = "are" if examples[silent].sum() > 1 else "is"
    return Finding(
        f"{listed(names)} {'is' if len(names) == 1 else 'are'} never predicted: {examples[silent].sum():,} of "
        f"{len(seen.labels):,} examples of the {seen.split} {are} of it, and {share:.1%} of the training examples.",
        "classes",
        "let all classes count alike (loss.class_weights=balanced), and judge by metrics=[balanced_accuracy]",
    )
