"""The base of all other rooms: errors, values and options, text, files, random streams. It imports no other room."""
