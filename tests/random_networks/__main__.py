"""Comparison of random networks with the oracles: ``python -m tests.random_networks --count 5000``.

A network that fails is simplified and printed as YAML, with the differences; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.random_networks.check import ORACLES, check, compare, expected
from tests.random_networks.generate import generate
from tests.random_networks.search import Result, search, simplified, use_one_thread
from tests.random_networks.shipped import NAMES, shipped, ways

PAUSE = 10.0  # seconds between two lines of progress
BATCHES = (64, 48, 64, 1, 48, 64, 32, 64, 48, 64)  # of the shipped networks


def main() -> int:
    """Do what the options say and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.random_networks", description="Random networks, compared.")
    parser.add_argument("--count", type=int, default=200, help="how many networks (200)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first one (0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.add_argument("--shipped", action="store_true", help="compare the networks of configs/model instead")
    parser.add_argument("--seed", type=int, help="show the network of this seed and compare it alone")
    options = parser.parse_args()
    use_one_thread()
    if options.shipped:
        return compare_shipped()
    if options.seed is not None:
        return show(options.seed)
    results = list(reported(range(options.first, options.first + options.count), options.jobs))
    for kind, count in sorted(Counter(kind for result in results for kind in result.kinds).items()):
        print(f"{count:8,}  {kind}")
    failed = [result.seed for result in results if result.failure]
    print(f"{len(results):8,}  networks, {len(failed):,} of which fail", flush=True)
    return show(failed[0]) if failed else 0


def reported(seeds: range, jobs: int) -> Iterator[Result]:
    """Yield the results for the seeds, and report progress."""
    start, last = time.monotonic(), 0.0
    for number, result in enumerate(search(seeds, jobs), 1):
        elapsed = time.monotonic() - start
        if result.failure:
            print(f"seed {result.seed}: {result.failure.problem}; {result.failure.details[0]}", flush=True)
        if elapsed - last > PAUSE or number == len(seeds):
            last = elapsed
            print(f"{number:,} of {len(seeds):,} networks, {elapsed:.0f} s", file=sys.stderr, flush=True)
        yield result


def show(seed: int) -> int:
    """Print the network of a seed and, if it fails, the simplest that fails in the same way; return the exit code."""
    case = generate(seed)
    print(f"\n{case.to_yaml()}")
    failure = check(case)
    if failure is None:
        print("all agree")
        return 0
    print(failure)
    simplest = simplified(case, failure)
    print(f"\nSimplified:\n\n{simplest.to_yaml()}\n{check(simplest)}")
    return 1


def compare_shipped() -> int:
    """Compare the shipped networks with one oracle over ten steps and return the exit code."""
    failed = False
    for name in NAMES:
        case = shipped(name, BATCHES)
        theirs = expected(case, ORACLES[:1])
        for way in ways(case):
            failure = compare(way, theirs)
            failed = failed or failure is not None
            print(f"{name:<14} {way.how:<32} {failure or f'agrees with {ORACLES[0]}'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
