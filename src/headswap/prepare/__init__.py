"""prepare: raw images -> equal-sized pictures, their index and the classes."""
