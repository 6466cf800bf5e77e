"""Lines of continuations.jsonl, whoever wrote them."""

import pytest

from trainer.runs.continuations import Continuation, epoch_of, read

GOOD = '{"epoch": 2, "prompt": "a", "text": "b"}'


def test_only_what_is_a_continuation_is_read(tmp_path):
    lines = [GOOD, "", "[]", "{}", "null", GOOD.replace("2", "true"), GOOD.replace("2", "-1"), GOOD.replace('"b"', "3")]
    (tmp_path / "continuations.jsonl").write_text("\n".join([*lines, "[" * 100_000, GOOD[:-3]]))
    assert read(tmp_path / "continuations.jsonl") == [Continuation(2, "a", "b")]


@pytest.mark.parametrize(("line", "epoch"), [(f"{GOOD}\n", 2), (GOOD, None), ('{"epoch": 2}\n', None)])
def test_a_damaged_line_has_no_epoch(line, epoch):
    assert epoch_of(line) == epoch
