"""What a model becomes for other programs, one file a format.

A format has one function, `export(out, model, pictures)`: the folder to write, None for
`data/export/<format>`; the folder of the bundle; and pictures to compare on.
"""
