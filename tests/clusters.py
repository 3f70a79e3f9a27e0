"""A cluster of two nodes on this machine, and what it computes held against one alone.

    python -m tests.clusters FOLDER SEED ...

prints what differs: once with both nodes, and once a seed with one of them killed at a
moment that the seed draws.
"""

import dataclasses
import os
import random
import signal
import sys
from itertools import count
from pathlib import Path

import numpy as np
import ray
from PIL import Image
from ray.cluster_utils import Cluster

from headswap import params
from headswap.artifacts.dataset.index import read_index
from headswap.errors import InputError
from headswap.features import distant
from headswap.features.stage import write_features
from headswap.machine import cluster as asking
from headswap.prepare import stored
from headswap.prepare.stage import prepare_images
from tests.nodes import NODE

NUM_PICTURES = 40


def section(name, /, **changes):
    return dataclasses.replace(params.read(name), **changes)


def draw(folder):
    for number in range(NUM_PICTURES):
        path = folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (40, 40, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    (folder / "a" / "broken.png").write_bytes(b"no picture")


def run(folder, name, address, kill=lambda number: None):
    """Both stages with a store of their own; return all that they wrote."""
    os.environ["HEADSWAP_CACHE"] = str(folder / f"store-{name}")
    os.environ[asking.ADDRESS] = address
    numbers = count()

    def map_and_kill(*arguments):
        for result in asking.map_on_cluster(*arguments):
            kill(next(numbers))
            yield result

    stored.map_on_cluster = distant.map_on_cluster = map_and_kill
    inputs = folder / "prepare.json"
    inputs.write_text('{"libraries": {"pillow": "13", "numpy": "2"}}')
    prepared, features = folder / name / "prepared", folder / name / "features"
    data = section("data", root=str(folder / "raw"), layout="folders", levels=("kind",))
    prepare_images(inputs, data, section("prepare", image_size=32), prepared)
    write_features(
        [prepared / "images"],
        [(image_id, 0) for image_id in read_index(prepared).image_ids],
        "origin",
        section("backbone", name="mobilenet_v2", weights="none", unfreeze=0),
        section("features", engine="openvino", batch_size=4),
        "tensorflow",
        features,
        libraries={"openvino": None},
    )
    files = sorted(path for path in (folder / name).rglob("*") if path.is_file())
    return {str(path.relative_to(folder / name)): path.read_bytes() for path in files}


def main(folder, *seeds):
    draw(folder / "raw")
    # Small chunks, so that there are some when a node dies.
    stored.CHUNK = distant.MOST_ROWS = 2
    alone = run(folder, "alone", "")
    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        worker = cluster.add_node(**NODE)
        on_kill = signal.getsignal(signal.SIGTERM)
        both = run(folder, "both", cluster.address)
        assert signal.getsignal(signal.SIGTERM) is on_kill
        print("both:", [name for name in alone if alone[name] != both.get(name)])
        for seed in seeds:
            moment = random.Random(seed).randrange(2 * NUM_PICTURES)
            doomed, worker = worker, None

            def kill(number, moment=moment, doomed=doomed):
                if number == moment:
                    cluster.remove_node(doomed, allow_graceful=False)

            made = run(folder, f"killed{seed}", cluster.address, kill)
            print("killed:", [name for name in alone if alone[name] != made.get(name)])
            worker = cluster.add_node(**NODE)
        ray.__version__ = "0.1"
        try:
            run(folder, "old", cluster.address)
        except InputError as error:
            print(error)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
