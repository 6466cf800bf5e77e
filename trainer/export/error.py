class ExportError(Exception):
    """A network that cannot be written in a format. One line."""
