"""Readers of files, which trust nothing they read."""
