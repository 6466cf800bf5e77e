"""What a process of `forked` has from the start: the application's modules, and Hydra's configuration composed once."""

# ruff: noqa: F401

import matplotlib.backends.backend_agg
import matplotlib.figure
import matplotlib.font_manager

import trainer.commands.app
import trainer.pages.report.document
import trainer.sweep.sweep
from tests.helpers import composing
from trainer import configure

composing.make_quick()
configure()
