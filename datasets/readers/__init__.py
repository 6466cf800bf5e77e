"""Readers of files; they trust nothing that they read."""
