"""Heads and networks that are trained by gradient descent, with Keras."""
