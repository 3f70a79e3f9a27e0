"""Tiny bundles, made in a second: a network of four filters, any weights."""

import keras
import numpy as np

from headswap.artifacts.bundle.bundle import Bundle, Network, write_facts
from headswap.artifacts.bundle.neighbours import write_neighbours
from headswap.artifacts.bundle.sample import write_sample
from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import BELOW_FILES, input_name
from headswap.artifacts.model.heads import Block, Head
from headswap.artifacts.model.model import save_model
from headswap.layers.pooling import pool

SIZE, FILTERS = 24, 4
TASKS = (
    Task("shape", "multiclass", ("round", "square", "other")),
    Task("tags", "multilabel", ("big", "old")),
)
LABELS = Labels(list(TASKS), ())
TRAINING = {
    "temperatures": {"shape": 1.7, "tags": 0.6},
    "thresholds": {"tags": [0.4, 0.6]},
    "decode": "independent",
}


def make_below(size, pooling="power_mean", map_only=False):
    """A network from pixels to a pooled vector, or to the map."""
    pixels = keras.Input((size, size, 3), dtype="uint8", name="pixels")
    tensor = keras.layers.Rescaling(1 / 127, -1)(pixels)
    tensor = keras.layers.Conv2D(
        FILTERS, 3, strides=2, padding="same", activation="relu6"
    )(tensor)
    inner = keras.layers.DepthwiseConv2D(3, padding="same")(tensor)
    tensor = keras.layers.Add()([keras.layers.BatchNormalization()(inner), tensor])
    output = tensor if map_only else pool(tensor, pooling)
    return keras.Model(pixels, output)


def make_heads(sources, width=FILTERS, tasks=TASKS):
    random = np.random.default_rng(1)
    return [
        Head(
            task.name,
            task.kind,
            tuple(
                Block(
                    source,
                    random.normal(size=width) / 10,
                    True,
                    3 * random.normal(size=(width, task.num_classes)),
                )
                for source in sources
            ),
            random.normal(size=task.num_classes),
        )
        for task in tasks
    ]


def make_bundle(
    folder,
    sizes=(SIZE,),
    model=None,
    below=make_below,
    sample=None,
    neighbours=None,
    labels=LABELS,
    training=TRAINING,
    **changes,
):
    """Write a bundle with a network a size; return its folder."""
    keras.utils.set_random_seed(0)
    networks = [Network(f"net{size}", size, below is not None) for size in sizes]
    for network in networks:
        if below is not None:
            path = folder / "networks" / network.name
            path.mkdir(parents=True)
            part = below(network.image_size)
            (path / BELOW_FILES[0]).write_text(part.to_json())
            part.save_weights(path / BELOW_FILES[1])
    sources = [input_name(each.name) for each in networks]
    heads = model or make_heads(sources, tasks=labels.tasks)
    save_model(folder / "model", heads, labels, training)
    facts = {
        "image_size": sizes[0],
        "resize": "squash",
        "depth": None,
        "views": ["plain"],
        "engine": "openvino",
        "backend": "tensorflow",
        "batch_size": 4,
        "precision": "float32",
        "cached_dtype": "float32",
        "networks": networks,
        "libraries": {"keras": keras.__version__},
    }
    if sample is not None:
        write_sample(folder, sample)
    if neighbours is not None:
        write_neighbours(folder, neighbours)
    write_facts(folder, Bundle(**(facts | changes)))
    return folder
