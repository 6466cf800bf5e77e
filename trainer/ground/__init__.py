"""What every room stands on: errors, values and options, text, files, random streams. It imports no other room."""
