"""Side-by-side measurements against PyTorch, JAX and scikit-learn; each prints and saves its figures."""
