"""`python -m tests.torture --minutes 20`: trials until the time is over; a line of JSON for each, and one of all."""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path
from typing import Any

from tests.torture.commands import prepared
from tests.torture.trial import trial


def main() -> int:
    """Return the exit code: 1 where a trial failed."""
    parser = argparse.ArgumentParser("python -m tests.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="default: any; it is printed")
    parser.add_argument("--only", type=int, metavar="TRIAL", help="only the trial of this number")
    parser.add_argument("--at-once", type=int, default=2, help="trials at a time, 2 by default")
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    place = Path(tempfile.mkdtemp(prefix="torture-"))
    everything = prepared(place, options.at_once)
    deadline = time.monotonic() + 60 * options.minutes
    told: list[dict[str, Any]] = []
    numbers = count() if options.only is None else iter([options.only])
    with ThreadPoolExecutor(options.at_once) as pool:
        running = set()
        while True:
            while len(running) < options.at_once and time.monotonic() < deadline:
                if (number := next(numbers, None)) is None:
                    break
                running.add(pool.submit(trial, number, options.seed, everything, place))
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                told.append(future.result())
                print(json.dumps(told[-1]), flush=True)
    failed = [each for each in told if each["problem"]]
    print(json.dumps(_counts(told) | {"failures": len(failed)}, indent=2))
    for each in failed:
        print(f"failed: {each['again']}: {each['problem'].splitlines()[0]}, in {place}", file=sys.stderr)
    if not failed:
        shutil.rmtree(place)
    return int(bool(failed))


def _counts(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return how many there were of each kind."""
    steps = [step for each in told for step in each["steps"]]
    return {
        "trials": len(told),
        "of": _sorted(Counter(each["scenario"] for each in told)),
        "disturbed by": _sorted(Counter(step["what"] for step in steps)),
        "signals came": _sorted(Counter(step["moment"] for step in steps if "moment" in step)),
        "continued by": _sorted(Counter(step["continued by"] for step in steps if "continued by" in step)),
    }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


if __name__ == "__main__":
    sys.exit(main())
