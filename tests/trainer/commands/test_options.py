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
    lines = {
        "--epochs": "unrecognized arguments: --epochs; options are written KEY=VALUE, without dashes; see --help",
        "--quite": "there is no option --quite; did you mean '--quiet'?",
        "--multi-run=1": "there is no option --multi-run; did you mean '--multirun'?",
    }
    for option, line in lines.items():
        with pytest.raises(SystemExit) as end:
            Options().parse_intermixed_args([option, "3"])
        assert end.value.code == 2
        assert capsys.readouterr().err == f"error: {line}\n"
