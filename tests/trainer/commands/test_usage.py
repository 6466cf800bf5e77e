"""The help of the program and of what takes a configuration."""

import re

import trainer
from trainer.commands.usage import choices, text
from trainer.commands.verbs import VERBS


def test_the_program_names_every_verb_and_every_choice():
    found = text(None)
    for name, verb in VERBS.items():
        assert f"  {name}" in found
        assert verb.does in found
    assert choices([]) in found
    assert "--version" in found


def test_help_leads_to_code_of_ones_own_and_to_the_pages():
    for found in (text(None), text("train")):
        assert "\n  --config-dir DIR " in found
        assert "\n  'allow=[PACKAGE]' " in found
        pages = re.findall(r"docs/\w+\.md", found)
        assert pages
        assert all((trainer.ROOT / page).is_file() for page in pages)


def test_every_choice_says_what_it_is():
    lines = choices([]).splitlines()
    assert len(lines) == len([*trainer.CONFIGS.rglob("*/*.yaml")])
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)


def test_choices_of_a_folder_of_ones_own(tmp_path):
    (tmp_path / "own/model").mkdir(parents=True)
    (tmp_path / "own/model/mine.yaml").write_text("# Mine\nlayers: {}\n")
    for arguments in (["--config-dir", str(tmp_path / "own")], [f"--config-dir={tmp_path / 'own'}", "epochs=3"]):
        assert "  model=mine " in text("summary", arguments)
    assert "  model=mine " not in text("summary", ["--config-dir"])
