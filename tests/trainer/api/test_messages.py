"""What a training says, and to whom."""

import logging
import threading

import pytest

from trainer.api.messages import messages

LOGGER = logging.getLogger("trainer")


@pytest.fixture(autouse=True)
def before():
    state = LOGGER.level, LOGGER.propagate, LOGGER.handlers[:]
    yield
    assert (LOGGER.level, LOGGER.propagate, LOGGER.handlers) == state


@pytest.mark.parametrize("quiet", [False, True])
def test_messages_go_to_the_file_and_are_shown_unless_quiet(quiet, tmp_path, capsys):
    with messages(tmp_path / "train.log", quiet):
        LOGGER.info("epoch %d", 1)
        LOGGER.debug("too much")
    LOGGER.info("after")
    assert (tmp_path / "train.log").read_text() == "epoch 1\n"
    assert capsys.readouterr().out == ("" if quiet else "epoch 1\n")


def test_a_failure_closes_them_too(tmp_path):
    with pytest.raises(KeyError), messages(tmp_path / "train.log", True):
        raise KeyError


def test_each_thread_has_its_own(tmp_path):
    """They end in another order than they began: the first sets the level, the last puts it back."""
    inside, outside = threading.Event(), threading.Event()

    def other():
        with messages(tmp_path / "other.log", True):
            inside.set()
            outside.wait(10)
            LOGGER.info("of the other")

    thread = threading.Thread(target=other)
    with messages(tmp_path / "own.log", True):
        thread.start()
        assert inside.wait(10)
        LOGGER.info("my own")
    outside.set()
    thread.join()
    assert (tmp_path / "own.log").read_text() == "my own\n"
    assert (tmp_path / "other.log").read_text() == "of the other\n"


def test_a_program_that_listens_goes_on_listening(tmp_path, caplog):
    with messages(tmp_path / "a.log", True):
        LOGGER.info("unheard")
    with caplog.at_level(logging.INFO, "trainer"), messages(tmp_path / "b.log", True):
        LOGGER.info("heard")
    assert caplog.messages == ["heard"]
