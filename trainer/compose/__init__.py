"""From the command line to a checked configuration; the only room that knows Hydra."""
