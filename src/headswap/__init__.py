"""From a folder of labelled pictures to comparable figures and a usable model.

The modules stand in the order data passes through them; each imports only from
modules above itself: errors, registry, params, tables, arrays, tasks, layouts,
prepare, split, augment, backbones, cut, features, heads, fitting, strategies, train,
metrics, plots, evaluate.
"""
