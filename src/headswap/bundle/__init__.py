"""bundle: a trained model and all it needs, in one folder that works elsewhere."""
