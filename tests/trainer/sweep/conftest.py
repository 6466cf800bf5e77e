"""What the tests of sweeps share."""

import json

import pytest

from trainer.sweep.jobs import Job, short_names


@pytest.fixture
def jobs(tmp_path):
    """Makes jobs from settings and objectives, best first; None is a failure.

    losses: the validation loss after the last epoch; then a failed job wrote none. _3="...": why job 3 stopped.
    """

    def make(settings, accuracies, losses=(), **reasons):
        reasons = {int(number.strip("_")): reason for number, reason in reasons.items()}
        made = []
        for number, (values, accuracy) in enumerate(zip(settings, accuracies, strict=True)):
            job = Job(tmp_path / f"{number:02}", [f"{key}={value}" for key, value in values.items()], values)
            job.prepare()
            result = {"status": "failed" if accuracy is None else "completed", "reason": reasons.get(number)}
            if accuracy is not None:
                result["best"] = {"val_accuracy": accuracy}
            (job.directory / "result.json").write_text(json.dumps(result))
            loss = losses[number] if losses else 1.0
            rows = [f"{e},{(accuracy or 0.1) * e / 3},{2 * loss / e},{loss / e}" for e in (1, 2, 3)]
            header = "epoch,val_accuracy,train_loss,val_loss" if losses else "epoch,val_accuracy"
            lines = [header, *(row if losses else ",".join(row.split(",")[:2]) for row in rows)]
            if accuracy is not None or not losses:
                (job.directory / "metrics.csv").write_text("\n".join(lines) + "\n")
            made.append(job)
        return made, short_names(list(settings[0]))

    return make
