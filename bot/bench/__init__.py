"""Measures what the product costs, in ratios to what stands beside it on the same machine."""
