"""`python -m tests.torture --minutes 20`: trials until the time is over, two at a time; a line of JSON for each."""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path

from tests.torture.scenario import scenarios
from tests.torture.trial import trial

AT_ONCE = 2


def main() -> int:
    """Returns the exit code: 1 where a trial failed."""
    parser = argparse.ArgumentParser("python -m tests.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="default: any; it is printed")
    parser.add_argument("--only", type=int, metavar="TRIAL", help="only the trial of this number")
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    place = Path(tempfile.mkdtemp(prefix="torture-"))
    everything = scenarios(place)
    deadline = time.monotonic() + 60 * options.minutes
    told: list[dict] = []
    numbers = count() if options.only is None else iter([options.only])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = set()
        while True:
            while len(running) < AT_ONCE and time.monotonic() < deadline:
                if (number := next(numbers, None)) is None:
                    break
                running.add(pool.submit(trial, number, options.seed, everything, place))
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                told.append(future.result())
                print(json.dumps(told[-1]), flush=True)
    return _report(told, place)


def _report(told: list[dict], place: Path) -> int:
    """Say how many there were of each kind, on stderr."""
    failed = [each["trial"] for each in told if each["problem"]]
    steps = [step for each in told for step in each["steps"]]
    kinds = Counter(step.get("moment", "starved") for step in steps)
    per_scenario = Counter(each["scenario"] for each in told)
    for title, counts in (("trials", per_scenario), ("disturbed", kinds)):
        print(f"{title}: " + ", ".join(f"{name} {number}" for name, number in sorted(counts.items())), file=sys.stderr)
    resumed = sum(bool(step.get("hint")) for step in steps)
    print(f"went on by the command that was printed: {resumed}", file=sys.stderr)
    print(f"{len(told)} trials, {len(failed)} failures" + (f": {failed}, in {place}" * bool(failed)), file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
