"""split: the index -> groups, rounds, and who is train, validation and test."""
