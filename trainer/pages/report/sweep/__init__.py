"""The report of a sweep: settings, parallel coordinates, curves, effects and runs."""
