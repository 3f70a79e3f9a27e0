"""A bundle in use: from files with pictures to their classes."""
