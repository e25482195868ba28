"""Colour mathematics: pure functions on numpy arrays, CIE 1931 2-degree observer, D65."""
