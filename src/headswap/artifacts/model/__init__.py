"""The trained model, its predictions, and how probabilities become decisions."""
