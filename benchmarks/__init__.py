"""Measurements side by side with PyTorch, JAX and scikit-learn; each prints and saves its figures."""
