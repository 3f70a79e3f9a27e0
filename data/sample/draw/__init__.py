"""Draw the built-in sample set: stylised monuments in two levels of classes.

    python -m draw OUTPUT_FOLDER

run in the folder that holds this package, writes 6 categories x 5 landmarks x 14
pictures, 420 files, to OUTPUT_FOLDER/<category>/<landmark>/<NN>.<extension>. The
landmarks of a category share its vocabulary (spires, domes, columns, ...) and differ
in the number, the arrangement and the proportions of the parts. Colour tells nothing:
walls, sky, light and ground are chosen anew for every picture. `odd_files` lists the
few files that are broken or unusual on purpose.

Every picture has its own random generator, seeded by its category, landmark and
number, so the same bytes come out in whatever order the pictures are drawn.

A picture comes about from top to bottom: `categories` say how a monument is painted
on a `sheet`, `landmarks` are all monuments there are, `pictures` puts one between its
`surroundings` and some `obstacles`, `encoding` makes bytes of it, `files` writes them.
"""
