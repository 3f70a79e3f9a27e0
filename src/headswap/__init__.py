"""From a folder of labelled pictures to comparable figures and a usable model.

One folder a stage, and below them what several stages share. From low to high, each
room imports only from rooms before it: errors, registry, machine, layers, params,
pictures, engines, statistics, solver, artifacts, check, prepare, split, augment,
features, train, evaluate, use, cli.

No stage's folder imports another stage's: what one hands to the next is an artifact.
"""
