"""bundle: the model, the networks below the cut and the figures, as one folder.

It starts at a file with a picture and ends at classes; whoever has it needs neither the
training data nor params.yaml.
"""

import json
import shutil
from pathlib import Path

from headswap.artifacts.bundle.bundle import (
    CARD,
    MODEL,
    NETWORKS,
    Bundle,
    Network,
    write_facts,
)
from headswap.artifacts.dataset.labels import read_labels
from headswap.artifacts.features.cache import BELOW_FILES
from headswap.artifacts.storage.tables import PathLike
from headswap.bundle.card import model_card
from headswap.params import features as features_params
from headswap.params import prepare as prepare_params


def write_bundle(
    inputs: PathLike,
    features: PathLike,
    model: PathLike,
    metrics: PathLike,
    prepare: prepare_params.Section,
    options: features_params.Section,
    backend: str,
    output: PathLike,
) -> None:
    """Write the bundle folder.

    Args:
        inputs: the stage's file of `check`: versions of libraries.
        features: the features folder.
        model: the model folder.
        metrics: the file with the intervals.
        prepare: how pictures are read.
        options: how features were computed.
        backend: of Keras.
        output: folder to write.
    """
    folder, source = Path(output), Path(features)
    shutil.copytree(model, folder / MODEL, dirs_exist_ok=True)
    names = json.loads((source / "features.json").read_text(encoding="utf-8"))
    networks = [_copy(source / name, folder) for name in names["members"]]
    labels = read_labels(folder / MODEL / "labels.json")
    intervals = json.loads(Path(metrics).read_text(encoding="utf-8"))
    training = json.loads(
        (folder / MODEL / "training.json").read_text(encoding="utf-8")
    )
    names_of_networks = [network.name for network in networks]
    card = model_card(labels, intervals, names_of_networks, training)
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
        libraries=json.loads(Path(inputs).read_text(encoding="utf-8"))["libraries"],
    )
    write_facts(folder, bundle)
    num_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{folder}: {num_bytes / 1e6:.1f} MB; `headswap predict PATH` uses it")


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
