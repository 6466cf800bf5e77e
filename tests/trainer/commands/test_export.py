"""`trainer export`."""

import json

from tests.helpers.runs import TINY, make_run
from trainer.commands.export import main


def test_command(tmp_path, capsys):
    make_run(tmp_path, *TINY)
    assert main([str(tmp_path), "--to", str(tmp_path / "w.npz"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["arrays"] == 6
    assert main([str(tmp_path), "--to", str(tmp_path / "w.npz")]) == 0
    assert capsys.readouterr().out.endswith("w.npz: 6 arrays, 1,914 values of type float32\n")
    for arguments, problem in [
        (["--to", "model.pt"], "suffix names no format"),
        (["--to", "w.npz", "--preprocessing"], "scale no pixels"),
        (["--to", str(tmp_path / "none" / "none" / "w.npz")], "No such file"),
    ]:
        assert main([str(tmp_path), *arguments]) in (1, 2)
        output = capsys.readouterr()
        assert output.out == ""
        assert problem in output.err
        assert output.err.count("\n") == 1
