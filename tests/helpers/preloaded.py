"""What a process of `forked` has from the start: the application's modules, and Hydra's configuration composed once."""

import matplotlib.backends.backend_agg
import matplotlib.figure
import matplotlib.font_manager  # noqa: F401 - all of them slow to import

import trainer.commands.app
import trainer.pages.report.document
import trainer.sweep.sweep
from tests.helpers import composing
from trainer import configure

composing.make_quick()
configure()
