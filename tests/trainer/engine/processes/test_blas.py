"""The threads of BLAS while several train."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from trainer.engine.processes import blas


@pytest.fixture(autouse=True)
def two():
    """A limit that the main thread has set, and so, for threadpoolctl, controls."""
    blas._controller.cache_clear()  # another test may have loaded another BLAS since
    with threadpool_limits(2, "blas"):
        yield


def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_the_last_to_leave_lifts_the_limit():
    first, second = ExitStack(), ExitStack()
    first.enter_context(blas.one_thread())
    second.enter_context(blas.one_thread())
    first.close()
    assert threads() == {1}
    second.close()
    assert threads() == {2}


def test_whichever_threads_come_first_and_last():
    first, second = ExitStack(), ExitStack()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(first.enter_context, blas.one_thread()).result()
        assert threads() == {1}
        second.enter_context(blas.one_thread())
        thread.submit(first.close).result()
        second.close()
        assert threads() == {2}
        second.enter_context(blas.one_thread())
        thread.submit(second.close).result()
        assert threads() == {2}
        with threadpool_limits(1, "blas"):
            assert threads() == {1}


def test_a_failure_lifts_it_too():
    with pytest.raises(KeyError), blas.one_thread():
        raise KeyError
    assert threads() == {2}
