"""Pictures of a run. Each `draw_*` returns a matplotlib Figure; `save` writes it."""

from trainer.plots.confusion import draw_confusion_matrix
from trainer.plots.curves import draw_curves
from trainer.plots.style import save

__all__ = ["draw_confusion_matrix", "draw_curves", "save"]
