"""Numbers and sums as text."""

from trainer.pages.explain.formulas import KEPT_TERMS, MOST_TERMS, number, part, product, total


def test_numbers():
    assert (number(0.1234567), number(-2.0), part(-2.0)) == ("0.123457", "−2", "(−2)")


def test_sums():
    assert product(2.0, -0.5) == "2·(−0.5)"
    assert total([(1.0, 2.0), (3.0, 4.0)], 5.0) == "1·2 + 3·4 + 5"
    assert total([]) == "0"


def test_a_long_sum_keeps_its_largest_terms():
    count = MOST_TERMS + 6
    text = total([(float(place), 1.0) for place in range(count)], 7.0)
    rest = sum(range(count - KEPT_TERMS))
    assert text.count("·") == KEPT_TERMS
    assert text.endswith(f"{count - 1}·1 + {rest} [{count - KEPT_TERMS} others] + 7")
