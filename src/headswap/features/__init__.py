"""features: pictures -> what the frozen part of a network gives for each, once."""
