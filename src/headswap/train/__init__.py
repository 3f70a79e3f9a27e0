"""train: cached features -> a fitted model, its predictions and learning curves."""
