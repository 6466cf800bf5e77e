"""A table of houses."""

import csv
import datetime
from pathlib import Path

import numpy as np

TABLE = (
    *("model=table_mlp", "data=table", "batch_size=64", "parallel.workers=1"),
    *("callbacks.curves=null", "callbacks.report=null"),
)


def houses(count: int = 300) -> list[dict[str, str]]:
    """Rows of texts as a CSV file has them: numbers, categories of few and many levels, yes or no, dates, gaps.

    The price follows from the area, the place and the garden.
    """
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(count):
        area, place, garden = rng.uniform(40, 200), rng.integers(25), rng.integers(2)
        price = 1000 * area + 4000 * place + 50_000 * garden + rng.normal(0, 2000)
        rows.append(
            {
                "area": f"{area:.1f}" if rng.random() > 0.1 else "",
                "rooms": str(rng.integers(1, 7)),
                "kind": str(rng.choice(["flat", "house", "loft"])),
                "place": f"P{place:02d}",
                "garden": "yes" if garden else "no",
                "built": str(datetime.date(1950, 1, 1) + datetime.timedelta(int(rng.integers(25_000)))),
                "price": f"{price:.0f}",
                "dear": "dear" if price > 190_000 else "cheap",
            }
        )
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as a CSV file; return its path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def without(rows: list[dict[str, str]], *names: str) -> list[dict[str, str]]:
    """Return the rows without these columns."""
    return [{name: value for name, value in row.items() if name not in names} for row in rows]
