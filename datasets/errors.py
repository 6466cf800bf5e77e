class DataError(Exception):
    """Data that cannot be used. The message is one line naming the file or option and the remedy."""
