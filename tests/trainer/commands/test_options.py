"""The options of the command line."""

import pytest

from trainer.commands.options import Given, Options, overrides_first


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a=1", "--cfg", "job", "b=2"], ["a=1", "b=2", "--cfg", "job"]),
        (["-m", "a=1,2"], ["a=1,2", "-m"]),
        (["--config-dir", "own", "~model.layers.drop1"], ["~model.layers.drop1", "--config-dir", "own"]),
    ],
)
def test_overrides_come_first(arguments, expected):
    assert overrides_first(Options(), arguments) == expected


def test_ours_are_taken_out():
    given, rest = Given().parse_known_args(["--like", "last", "-q", "epochs=3"])
    assert (given.like, given.quiet, rest) == ("last", True, ["epochs=3"])


def test_a_wrong_option_is_one_line(capsys):
    with pytest.raises(SystemExit) as end:
        Options().parse_intermixed_args(["--epochs", "3"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "options are written KEY=VALUE, without dashes" in error
