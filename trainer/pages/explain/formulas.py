"""Formulas with numbers in them, as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DIGITS = 6
MOST_TERMS = 24  # of a sum that is written out
KEPT_TERMS = 12  # of a longer one: the largest; the others are one number

Term = tuple[float, ...]  # factors


def number(value: float) -> str:
    """Return a number with six digits; a negative one in brackets where it is a part of a formula."""
    return f"{value:.{DIGITS}g}".replace("-", "−")


def part(value: float) -> str:
    """Return a number as a part of a formula: a negative one in brackets."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def product(*factors: float) -> str:
    """Return factors with dots between them."""
    return "·".join(map(part, factors))


def total(terms: Sequence[Term], *more: float) -> str:
    """Return a sum of products and of single numbers; of many products the largest, and all others as one number."""
    if len(terms) > MOST_TERMS:
        sizes = [abs(float(np.prod(term))) for term in terms]
        order = sorted(range(len(terms)), key=lambda place: -sizes[place])
        kept = sorted(order[:KEPT_TERMS])
        rest = sum(float(np.prod(terms[place])) for place in order[KEPT_TERMS:])
        written = [*(product(*terms[place]) for place in kept), f"{part(rest)} [{len(terms) - KEPT_TERMS} others]"]
    else:
        written = [product(*term) for term in terms]
    return " + ".join([*written, *map(part, more)]) or "0"
