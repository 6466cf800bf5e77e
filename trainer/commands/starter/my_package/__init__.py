"""Code of my own; a command trusts it where it says allow=[my_package] or --allow my_package."""
