"""Evaluation: one frozen protocol, metrics with intervals, a benchmark for any colorizer, and its report."""
