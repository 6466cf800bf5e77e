"""The loop over epochs, and what it is made of."""
