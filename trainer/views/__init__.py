"""Pictures of a run. Each `draw_*` returns a matplotlib Figure; `save` writes it, `drawn` where it can."""

from trainer.views.plots.confusion_matrix import draw_confusion_matrix
from trainer.views.plots.curves import draw_curves
from trainer.views.style import drawn, save

__all__ = ["draw_confusion_matrix", "draw_curves", "drawn", "save"]
