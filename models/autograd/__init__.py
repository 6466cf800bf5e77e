"""Define-by-run automatic differentiation, after DeZero.

The layers' derivatives are derived by hand. Here, instead, a computation is recorded while it runs and differentiated
afterwards, as often as wanted. This shows how such a system works, checks the layers, and turns formulas into layers.
"""

from trainer.models.autograd import functions
from trainer.models.autograd.diagram import to_dot
from trainer.models.autograd.function import Function
from trainer.models.autograd.operators import Operators
from trainer.models.autograd.variable import Variable, as_variable, grad, no_grad

__all__ = ["Function", "Variable", "as_variable", "functions", "grad", "no_grad", "to_dot"]

Operators.functions = functions
