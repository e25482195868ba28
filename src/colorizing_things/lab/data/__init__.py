"""Photographs -> batches: read and stored, cropped, degraded, hinted, counted, augmented."""
