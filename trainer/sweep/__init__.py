"""Many runs from one command: what they are, that all of them get their result, and what they show together."""
