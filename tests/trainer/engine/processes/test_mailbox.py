"""Commands reach every worker, in order, whether it watches or sleeps."""

import os
from threading import Thread

import numpy as np
import pytest

from trainer.engine.processes import mailbox
from trainer.engine.processes.mailbox import Mailbox

COMMANDS = 100


class Listener(Thread):
    """A worker that keeps what it hears, and says so through a pipe."""

    def __init__(self, arrays, rank):
        super().__init__(daemon=True)
        self.mailbox, self.rank, self.heard, self.sleeps, self.woken = Mailbox(arrays), rank, [], 0, 0
        self.bed, self.alarm = os.pipe()
        self.ear, self.mouth = os.pipe()

    def run(self):
        for command in self.mailbox.commands(self.rank, self.sleep, self.wake):
            self.heard.append(command)
            os.write(self.mouth, b"!")

    def sleep(self):
        self.sleeps += 1
        return bool(os.read(self.bed, 1))

    def wake(self):
        self.woken += 1


@pytest.fixture
def listeners():
    arrays = {name: np.zeros(shape, dtype) for name, (shape, dtype) in Mailbox.layout(3, 10).items()}
    listeners = [Listener(arrays, rank) for rank in (1, 2)]
    for each in listeners:
        each.start()
    yield Mailbox(arrays), dict(enumerate(listeners, 1))
    for each in listeners:
        os.close(each.alarm)
        each.join(60)
        assert not each.is_alive()


@pytest.mark.parametrize("attention", [0.0, 1e-5, 0.1])
def test_all_commands_arrive_in_order(listeners, monkeypatch, attention):
    monkeypatch.setattr(mailbox, "ATTENTION", attention)
    sender, listeners = listeners
    commands = [("train", np.arange(number % 10).tobytes(), {"step": number}) for number in range(COMMANDS)]
    for command in commands:
        for rank in sender.send(command):
            os.write(listeners[rank].alarm, b"!")
        for each in listeners.values():
            assert os.read(each.ear, 1)  # hangs where one is missed
    for each in listeners.values():
        assert each.heard == commands
        assert each.woken <= COMMANDS


def test_a_wake_without_a_command_changes_nothing(listeners, monkeypatch):
    monkeypatch.setattr(mailbox, "ATTENTION", 0.0)
    sender, listeners = listeners
    for each in listeners.values():
        os.write(each.alarm, b"!!!")
    for rank in sender.send("first"):
        os.write(listeners[rank].alarm, b"!")
    for each in listeners.values():
        assert os.read(each.ear, 1)
        assert each.heard == ["first"]


def test_a_command_that_is_too_long_is_refused(listeners):
    sender, _ = listeners
    with pytest.raises(ValueError, match="different structures"):
        sender.send(bytes(10_000))
