"""A file a category: the function that paints its monuments, and its five landmarks.

`LANDMARKS` of each maps `<category>/<landmark>` to a function that paints the monument
on an empty sheet. A new category is a new file and a line in `draw.landmarks`.
"""
