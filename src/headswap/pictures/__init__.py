"""One image file -> its pixels at one size; for training and for use alike."""
