"""Operators and methods of Variables: ``a + b`` is ``add(a, b)``, ``x.sum()`` is ``sum(x)``.

They are given to the class here because functions are made of Variables: were it the other way round too, neither could
be read without the other.
"""

from trainer.models.autograd import functions
from trainer.models.autograd.variable import Variable

Variable.__add__ = Variable.__radd__ = functions.add
Variable.__sub__ = functions.sub
Variable.__rsub__ = lambda x, other: functions.sub(other, x)
Variable.__mul__ = Variable.__rmul__ = functions.mul
Variable.__truediv__ = functions.div
Variable.__rtruediv__ = lambda x, other: functions.div(other, x)
Variable.__pow__ = functions.pow
Variable.__rpow__ = lambda x, other: functions.pow(other, x)
Variable.__matmul__ = functions.matmul
Variable.__rmatmul__ = lambda x, other: functions.matmul(other, x)
Variable.__pos__ = lambda x: x
Variable.__neg__ = functions.neg
Variable.__abs__ = functions.abs
Variable.__getitem__ = functions.getitem

Variable.astype = functions.astype
Variable.reshape = functions.reshape
Variable.transpose = functions.transpose
Variable.T = property(functions.transpose)
Variable.sum = functions.sum
Variable.mean = functions.mean
Variable.max = functions.max
Variable.min = functions.min
