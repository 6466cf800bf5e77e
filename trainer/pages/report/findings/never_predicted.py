"""Classes that the network never predicts."""

import numpy as np

from trainer.engine.baseline import mean_target
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, listed, tested
from trainer.pages.report.findings.learns_nothing import learns_nothing
from trainer.problems import Classification

LEAST_EXAMPLES = 5  # of a class: of fewer, all may be hard
RARELY = 0.5  # of an even share of the training
RARE = "weight all classes equally (loss.class_weights=balanced), and judge by metrics=[balanced_accuracy]"
NOT_RARE = "see what they are taken for; where many classes are never predicted, the network has not learned enough yet"


def never_predicted(facts: Facts) -> Finding | None:
    """Look for classes of which there are examples, and which are never predicted."""
    seen, classes = tested(facts), len(facts.classes)
    if not isinstance(facts.problem, Classification) or seen is None or learns_nothing(facts):
        return None
    if facts.problem.writes:  # the likeliest of many tokens is never a rare one, and should not be
        return None
    examples, predicted = (np.bincount(each, minlength=classes) for each in (seen.labels, seen.predicted))
    silent = np.flatnonzero((examples >= LEAST_EXAMPLES) & (predicted == 0))
    if not silent.size:
        return None
    names = [f"'{facts.classes[each]}'" for each in silent]
    count, share = int(examples[silent].sum()), float(mean_target(seen.splits.train, classes)[silent].mean())
    one = len(names) == 1
    return Finding(
        f"{listed(names)} {'is' if one else 'are'} never predicted, though {count} of the {len(seen.labels):,} "
        f"examples of the {seen.split} are of {'it' if one else 'them'} (in the training {share:.1%}"
        f"{'' if one else ' each'}).",
        "confusion",
        RARE if share < RARELY / classes else NOT_RARE,
    )
