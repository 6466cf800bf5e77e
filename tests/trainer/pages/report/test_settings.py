"""What the run was told."""

from dataclasses import replace

from trainer.pages.report.settings import settings


def test_overrides_configuration_and_versions(digits):
    body = settings(replace(digits, overrides=["optimizer.lr=0.1", "x=a=b"])).body
    assert "<td>optimizer.lr</td><td>0.1</td>" in body
    assert "<td>x</td><td>a=b</td>" in body
    assert "_target_: datasets.Digits" in body
    assert digits.result["versions"]["numpy"] in body


def test_the_machine_is_that_of_the_run(digits):
    body = settings(replace(digits, result=digits.result | {"machine": {"processor": "PDP-11 <40>"}})).body
    assert "<td>processor</td><td>PDP-11 &lt;40&gt;</td>" in body


def test_long_values_are_cut(digits):
    body = settings(replace(digits, config={"data": {"features": [{"levels": ["x" * 50] * 100}]}})).body
    assert len(body) < 3000
    assert settings(replace(digits, config={}, result={})) is None
