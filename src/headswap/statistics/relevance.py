"""Which difference between two runs matters; without NumPy, for whoever only asks."""

# Of scores of 0 to 1.
RELEVANT_DIFFERENCE = 0.02
