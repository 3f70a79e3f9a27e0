"""Keras layers of our own, for networks below the cut and models above it."""
