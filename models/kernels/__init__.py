"""The array functions behind the layers. They import nothing but NumPy."""
