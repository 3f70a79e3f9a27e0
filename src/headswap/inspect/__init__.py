"""Stage `inspect`: what is in the data, and what looks wrong."""
