"""Run directories: what they contain, and how they are read."""
