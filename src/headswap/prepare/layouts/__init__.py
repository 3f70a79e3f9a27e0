"""Ways a data set is kept: one file a layout, found by its name.

A layout module has `read(data) -> Listing`: it lists what the folder and its label
files say and opens no picture. Everything after it is the same for all layouts.
"""
