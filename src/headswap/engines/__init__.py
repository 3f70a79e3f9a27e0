"""What runs a network below the cut, one file an engine.

An engine has the name of the package that it computes with, and two functions:
`load(network, batch_size, precision, keep)` gives a function from pictures to their
features, in order and in flat memory; `find_device(backend)` says what that computes
on. A feature depends on its picture alone, and no engine steps in for another.
"""

from collections.abc import Callable, Mapping, Sequence

# keep(names, make): the contents of these names that belong to the network, made by
# make() where they are not kept yet.
Keep = Callable[[Sequence[str], Callable[[], Mapping[str, bytes]]], Mapping[str, bytes]]
