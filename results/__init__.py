"""The runs behind the README's figures, and the tables and answers made of them.

    python -m results                 # run what is missing, then write the pages
    python -m results --all           # run everything again
    python -m results --pages         # only write the pages
    python -m results --command NAME  # print the command of one run

In: `runs.yaml`, which says what to run, which run gives which cell, and which runs
are compared; the folder of photographs, named by the environment variable PHOTOS. Out:
`figures/<run>.json`, `answers/<name>.json`, and what stands between the markers of
README.md and results/README.md. Guaranteed: a page shows only what the listed commands
have made; in the place of all else stands an en dash.
"""

import stages  # noqa: F401  (it puts src on the path)
