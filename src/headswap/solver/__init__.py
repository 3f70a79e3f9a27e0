"""Linear heads solved exactly: arrays in, arrays out, float64."""
