"""The confusion matrix and the examples behind its cells."""

import numpy as np

from trainer.pages.report.confusion import confusion, examples_of_cells, worst_classes
from trainer.problems.metrics import confusions


def test_cells_count_and_show_what_they_say(digits):
    section, found = confusion(digits), digits.predictions
    data = section.data["confusion"]
    assert np.trace(data["counts"]) == (found.predicted == found.labels).sum()
    assert np.sum(data["counts"]) == len(found.labels)
    for key, places in data["cells"].items():
        row, column = map(int, key.split(","))
        for place in places:
            item = data["examples"]["items"][place]
            assert (item["true"], item["predicted"]) == (data["names"][row], data["names"][column])
            assert item["right"] == (row == column)
    assert data["examples"]["kind"] == "pictures"


def test_of_mistakes_the_surest_come_first(digits):
    found = digits.predictions
    sure = found.probabilities.max(axis=1)
    for key, members in examples_of_cells(found, list(range(10)), 1000).items():
        row, column = map(int, key.split(","))
        order = [sure[each] for each in members]
        assert order == sorted(order, reverse=row != column)
        assert len(members) <= 12


def test_as_many_examples_as_there_is_room_for(digits):
    cells = examples_of_cells(digits.predictions, list(range(10)), 60)
    assert len(cells) <= sum(map(len, cells.values())) <= 60


def test_of_too_many_classes_those_with_most_mistakes_are_shown():
    """Of so many that their matrix would not fit into memory."""
    classes = 1_000_000
    true, taken = np.append(np.arange(classes), [3, 3, 40]), np.append(np.arange(classes), [40, 40, 7])
    pairs = confusions(true, taken, classes)
    assert len(pairs[2]) == classes + 2
    assert worst_classes(*pairs, classes, 5) == [0, 1, 3, 7, 40]
    assert len(worst_classes(*pairs, classes)) == 30


def test_values_have_no_confusion(prices):
    assert confusion(prices) is None
