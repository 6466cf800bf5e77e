"""Many runs from one command: plans them, makes sure that each gets a result, and compares them."""
