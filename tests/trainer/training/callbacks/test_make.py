"""From the configuration to its callbacks."""

import pytest

from tests.helpers.training import small_config
from trainer.ground.values import ConfigError
from trainer.training.callbacks.make import make_callbacks


def test_callbacks_are_those_of_the_configuration_but_for_null():
    made = make_callbacks(small_config("callbacks.curves=null"))
    assert [callback.name for callback in made] == [n for n, spec in small_config()["callbacks"].items() if spec]
    assert "curves" not in {callback.name for callback in made}
    with pytest.raises(ConfigError) as caught:
        make_callbacks(small_config() | {"callbacks": {"mine": {"_target_": "trainer.callbacks.Curve"}}})
    assert caught.value.key == "callbacks.mine._target_"
