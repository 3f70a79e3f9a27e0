"""bundle: the model, the networks below the cut and the figures, as one folder.

It starts at a file with a picture and ends at classes; whoever has it needs neither the
training data nor params.yaml.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.artifacts.bundle.bundle import (
    CARD,
    MODEL,
    NETWORKS,
    Bundle,
    Network,
    write_facts,
)
from headswap.artifacts.bundle.sample import Sample, write_sample
from headswap.artifacts.dataset.labels import Labels, read_labels
from headswap.artifacts.features.cache import BELOW_FILES
from headswap.artifacts.model.predictions import read_predictions
from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.tables import PathLike
from headswap.bundle.card import model_card
from headswap.bundle.known import write_known
from headswap.machine.backend import Backend
from headswap.machine.disk import require_disk
from headswap.params import bundle as bundle_params
from headswap.params import features as features_params
from headswap.params import prepare as prepare_params
from headswap.params.train import FIRST


@dataclass(frozen=True)
class Inputs:
    """What the stage reads.

    Attributes:
        inputs: the stage's file of `check`: versions of libraries.
        prepared: the prepared folder.
        split: the split folder.
        features: the features folder.
        model: the model folder.
        predictions: the predictions folder.
        metrics: the file with the intervals.
    """

    inputs: Path
    prepared: Path
    split: Path
    features: Path
    model: Path
    predictions: Path
    metrics: Path


def write_bundle(
    read: Inputs,
    prepare: prepare_params.Section,
    options: features_params.Section,
    backend: Backend,
    handed_over: bundle_params.Section,
    output: PathLike,
) -> None:
    """Write the bundle folder.

    Args:
        read: what is read.
        prepare: how pictures are read.
        options: how features were computed.
        backend: of Keras.
        handed_over: what goes with the model.
        output: folder to write.
    """
    folder, source = Path(output), read.features
    names = json.loads((source / "features.json").read_text(encoding="utf-8"))
    copied = [*read.model.iterdir()]
    copied += [
        source / name / file for name in names["members"] for file in BELOW_FILES
    ]
    num_bytes = sum(file.stat().st_size for file in copied if file.exists())
    require_disk(folder, num_bytes, "the model and its networks")
    shutil.copytree(read.model, folder / MODEL, dirs_exist_ok=True)
    networks = [_copy(source / name, folder) for name in names["members"]]
    labels = read_labels(folder / MODEL / "labels.json")
    intervals = json.loads(read.metrics.read_text(encoding="utf-8"))
    training = json.loads(
        (folder / MODEL / "training.json").read_text(encoding="utf-8")
    )
    names_of_networks = [network.name for network in networks]
    # Predictions are of the rounds' models; another has said nothing of any picture.
    count = handed_over.sample if training["final"] == FIRST else 0
    num_pictures = _write_sample(read, labels, count, folder)
    num_known = write_known(
        read.prepared,
        read.split,
        read.features,
        training["final"] == FIRST,
        handed_over.neighbours,
        folder,
    )
    card = model_card(
        labels, intervals, names_of_networks, training, num_pictures, num_known
    )
    (folder / CARD).write_text(card, encoding="utf-8")
    bundle = Bundle(
        image_size=prepare.image_size,
        resize=prepare.resize,
        depth=prepare.depth,
        views=options.views,
        engine=options.engine,
        backend=backend,
        batch_size=options.batch_size,
        precision=options.precision,
        cached_dtype=options.cached_dtype,
        networks=networks,
        libraries=json.loads(read.inputs.read_text(encoding="utf-8"))["libraries"],
    )
    write_facts(folder, bundle)
    num_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(
        f"{folder}: {num_bytes / 1e6:.1f} MB, {num_pictures} of your pictures in it "
        f"(bundle.sample), paths and features of {num_known} (bundle.neighbours); "
        "`headswap predict PATH` uses it"
    )


def _write_sample(read: Inputs, labels: Labels, count: int, folder: Path) -> int:
    """Write the sample, of pictures from all over the index; return how many."""
    pictures = Rows([read.prepared / "images"])
    num_images = len(pictures)
    chosen = np.arange(min(count, num_images)) * num_images // max(count, 1)
    if len(chosen):
        predictions = read_predictions(read.predictions, labels.tasks)
        said = {
            name: each.probabilities[0, chosen] for name, each in predictions.items()
        }
        write_sample(folder, Sample(pictures[chosen], said))
    return len(chosen)


def _copy(member: Path, folder: Path) -> Network:
    """Copy a network's part below the cut; return what there is to know of it."""
    facts = json.loads((member / "member.json").read_text(encoding="utf-8"))
    has_below = (member / BELOW_FILES[0]).exists()
    if has_below:
        target = folder / NETWORKS / member.name
        target.mkdir(parents=True, exist_ok=True)
        for name in BELOW_FILES:
            shutil.copyfile(member / name, target / name)
    return Network(member.name, facts["image_size"], has_below)
