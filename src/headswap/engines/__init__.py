"""What runs a network below the cut, one file an engine.

An engine has the name of the package that it computes with, and two functions:
`load(network, batch_size, precision)` gives a function from pictures to their features,
in order and in flat memory; `find_device(backend)` says what that computes on. A
feature depends on its picture alone, and no engine steps in for another.
"""
