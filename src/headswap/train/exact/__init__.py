"""Heads that are solved: no network is trained, and Keras is not needed."""
