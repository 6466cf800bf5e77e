"""What outputs mean, and the figures that say how good they are."""
