"""Tables of settings and runs."""

import re
from dataclasses import replace

from trainer.pages.report.sweep.settings import runs, settings


def cells(body: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", body)
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row)] for row in rows]


def test_means_and_deviations(sweep):
    found = cells(settings(sweep).body)
    assert found[0] == ["model", "lr", "runs", "best_val_accuracy", "test_loss", "seconds"]
    assert found[1] == ["mlp", "0.1", "2", "0.9200 ± 0.0283", "1.500 ± 0", "2 ± 0"]
    assert "The mean over the seeds of a setting" in settings(sweep).body
    assert found[5][:4] == ["cnn", "1", "0 of 2", ""]


def test_runs_with_their_reports_and_reasons(sweep):
    body = runs(sweep).body
    assert '<a href="mlp0.11/report.html" title="01_mlp,0.1,1">1</a>' in body
    reasons = re.findall("<li>(.*?)</li>", body)
    assert re.sub("<.*?>", "", reasons[0]) == "failed 8: the loss is &lt;nan&gt;"
    assert len(reasons) == 2


def test_a_single_run_has_no_settings(sweep):
    alone = replace(sweep, settings=[replace(sweep.settings[0], runs=[replace(sweep.runs[0], values={})])])
    assert settings(alone) is None
