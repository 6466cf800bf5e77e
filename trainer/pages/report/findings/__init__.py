"""Findings: a module for each thing that can be found, with a function of the module's name.

The function takes the facts of a run and returns a Finding, or None where it sees nothing. Its module is found by its
name, so there is nothing else to edit. Every threshold has its source or its reason beside it.
"""

from importlib import import_module
from pkgutil import iter_modules

from trainer.ground.errors import UserError
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding

INSIDE = ("gradients", "updates", "units")  # sections


def findings(facts: Facts) -> list[Finding]:
    """Return the findings about a run: the urgent ones first, and of these those inside the network, likely causes.

    Findings that need data which cannot be read are left out: the sections about these data say so.
    """
    found = []
    for module in iter_modules(__path__):
        judge = getattr(import_module(f"{__name__}.{module.name}"), module.name)
        try:
            found.append(judge(facts))
        except (UserError, OSError):
            continue
    known = (each for each in found if each is not None)
    return sorted(known, key=lambda each: (not each.urgent, each.section not in INSIDE))
