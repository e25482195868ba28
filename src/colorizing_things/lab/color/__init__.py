"""Colour mathematics on torch tensors."""
