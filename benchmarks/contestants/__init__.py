"""One program a library: each runs in a process of its own and does the steps it is told to."""
