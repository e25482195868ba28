"""Losses as pure functions; each cites the paper it comes from."""
