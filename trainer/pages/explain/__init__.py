"""A page that follows one example through a network and back, with the formula of each number."""
