"""Which prepared pictures are the same picture or the same moment, look by look."""
