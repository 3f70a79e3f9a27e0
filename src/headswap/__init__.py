"""From a folder of labelled pictures to comparable figures and a usable model.

The modules stand in the order data passes through them; each imports only from modules
above itself: errors, registry, params, tables, arrays, parallel, fingerprint, tasks,
relations, labels, index, layouts, decode, prepare, stratify, split, augment, plots,
backbones, backend, pooling, cut, features, feature_cache, inference, heads, builder,
losses, batches, checkpoint, curves, fitting, strategies, bundle, thresholds,
predictions, train, metrics, report, evaluate.
"""
