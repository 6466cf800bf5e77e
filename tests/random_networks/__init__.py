"""Random networks from configurations, trained by our engine, by PyTorch and by models.autograd, and compared.

Each seed is a network (:mod:`~tests.random_networks.generate`) with steps of training and evaluation
(:mod:`~tests.random_networks.case`). ``python -m tests.random_networks`` checks as many seeds as you like.
"""
