"""A batch split into shards: from example indices to updated parameters."""
