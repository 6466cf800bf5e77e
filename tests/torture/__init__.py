"""Runs and sweeps interrupted, killed and starved at random moments: they have to end as if nothing had happened."""
