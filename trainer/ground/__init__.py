"""The base of all other rooms: errors, values, objects that a configuration names, files, streams. It imports none."""
