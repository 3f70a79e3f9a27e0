"""The images: their index, the tasks and classes, and who trains and tests."""
