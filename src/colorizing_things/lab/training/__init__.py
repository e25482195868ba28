"""A recipe and photographs -> a trained network: the loop and what it needs."""
