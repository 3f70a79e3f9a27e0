"""The runs behind the README's tables, and the tables made of their figures.

    python -m results                 # run what is missing, then write the tables
    python -m results --all           # run everything again
    python -m results --tables        # only write the tables
    python -m results --command NAME  # print the command of one run

In: `runs.yaml`, which says what to run and which run gives which cell, and the folder
of photographs, named by the environment variable PHOTOS. Out: `figures/<run>.json` and
the tables of README.md and results/README.md, between markers. Guaranteed: a table
shows only figures that the listed command has made; all other cells show an en dash.
"""

import stages  # noqa: F401  (it puts src on the path)
