"""Array functions that the layers are made of. They import NumPy alone."""
