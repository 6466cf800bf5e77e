"""Pictures in files: decoding them, and the folders that people keep them in."""
