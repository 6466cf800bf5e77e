"""The table of verbs against the files."""

from importlib import import_module

from trainer.commands.tasks import TASKS
from trainer.commands.verbs import VERBS


def test_tasks_are_the_applications():
    assert {verb.task for verb in VERBS.values() if verb.task} == {*TASKS}
    assert all(verb.task == name for name, verb in VERBS.items() if verb.task)


def test_every_other_verb_is_a_file():
    for name, verb in VERBS.items():
        if not verb.task:
            assert callable(import_module(f"trainer.commands.{name}").main)
