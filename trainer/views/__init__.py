"""Pictures of a run. Each `draw_*` returns a matplotlib Figure; `save` writes it."""

from trainer.views.confusion import draw_confusion_matrix
from trainer.views.curves import draw_curves
from trainer.views.style import save

__all__ = ["draw_confusion_matrix", "draw_curves", "save"]
