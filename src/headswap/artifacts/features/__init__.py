"""The cached features, and the parts of networks above the cut."""
