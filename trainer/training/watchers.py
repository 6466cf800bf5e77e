"""The callbacks that watch steps."""

from collections.abc import Sequence

from trainer.engine.setup import Setup
from trainer.engine.watch import Watch, Watched, together
from trainer.ground.values import ConfigError
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run


class Watchers:
    """Asks callbacks before a step what they want to see of it, and shows it to them afterwards."""

    def __init__(self, callbacks: Sequence[Callback], setup: Setup) -> None:
        self._callbacks = [callback for callback in callbacks if type(callback).watch is not Callback.watch]
        self._setup = setup
        self._asked: list[tuple[Callback, Watch]] = []
        self._resolved: dict[Watch, Watch] = {}

    def ask(self, run: Run) -> Watched | None:
        """Return what to see of the next step; None: nothing. Raises ConfigError for names that do not exist."""
        asked = [(callback, watch) for callback in self._callbacks if (watch := callback.watch(run))]
        if not asked:
            return None
        self._asked = [(callback, self._resolve(callback, watch)) for callback, watch in asked]
        return Watched(together(watch for _, watch in self._asked))

    def tell(self, run: Run, watched: Watched) -> None:
        """Show each callback what it asked for."""
        for callback, watch in self._asked:
            callback.on_watched(run, watched.only(watch))

    def _resolve(self, callback: Callback, watch: Watch) -> Watch:
        if watch not in self._resolved:
            try:
                self._resolved[watch] = watch.resolved(self._setup.graph, self._setup.network)
            except ValueError as error:
                key = f"callbacks.{callback.name}" if callback.name else ""
                raise ConfigError(f"{type(callback).__name__}: {error}", key) from None
        return self._resolved[watch]
