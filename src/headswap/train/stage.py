"""train: cached features -> a fitted model, its predictions and its learning curves.

Out: the folder of the first round's model, or of one fitted to every image;
`<task>.npy` (rounds, N, num_classes) float32 with the probabilities of every prepared
image; and a folder of curves a round: of the strengths that were compared, and one
folder of learning curves a fit. Augmented rows are used only where their image trains.

Where nothing but linear heads is fitted, they are solved (`exact`), and Keras is not
even imported; everything else is trained by gradient descent (`descent`).
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headswap.artifacts.dataset.index import Index, read_index
from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.split import Split, read_split
from headswap.artifacts.dataset.tasks import Task, ordered
from headswap.artifacts.dataset.trees import find_tree
from headswap.artifacts.features.cache import Features, read_features
from headswap.artifacts.model.decisions import CONSISTENT, Decisions
from headswap.artifacts.model.model import save_model
from headswap.artifacts.model.predictions import (
    require_room,
    write_predictions,
)
from headswap.artifacts.model.strengths import Strengths, choose, write_strengths
from headswap.errors import InputError, listed
from headswap.machine.backend import start_keras
from headswap.machine.fingerprint import hash_code, hash_file, hash_text
from headswap.params import backbone as backbone_params
from headswap.params.train import FIRST, Section
from headswap.train.deciding import Decided, decide_round, gather
from headswap.train.exact.final import require_solved, solve_all, train_on_all
from headswap.train.exact.rounds import solve_rounds
from headswap.train.outcome import Outcome
from headswap.train.rows import rows_of_rounds
from headswap.train.thresholds import read_aims


@dataclass(frozen=True)
class Inputs:
    """What training reads.

    Attributes:
        inputs: the stage's file of `check`: what training depends on besides.
        prepared: the prepared folder.
        split: the split folder.
        augmented: the augmented folder.
        features: the features folder.
    """

    inputs: Path
    prepared: Path
    split: Path
    augmented: Path
    features: Path


@dataclass(frozen=True)
class Outputs:
    """What training writes.

    Attributes:
        model: folder for the model.
        predictions: folder for the probabilities.
        curves: folder for the learning curves.
        checkpoints: folder for the state of interrupted runs and what a run computes
            once; a run's own folder in it is removed when the run has succeeded.
    """

    model: Path
    predictions: Path
    curves: Path
    checkpoints: Path


def train_model(
    inputs: Inputs,
    outputs: Outputs,
    options: Section,
    backbone: backbone_params.Section,
    backend: str,
) -> None:
    """Fit the strategy once a round and write everything `evaluate` needs.

    Args:
        inputs: what is read.
        outputs: what is written.
        options: the `train` section.
        backbone: the `backbone` section, for what is trained above the cut.
        backend: of Keras, where it is needed.
    """
    images = [folder / "images.npy" for folder in (inputs.prepared, inputs.augmented)]
    features = read_features(inputs.features, images)
    checkpoints = outputs.checkpoints / _name_of_run(inputs, options, backbone)
    fit_rounds(
        features,
        read_index(inputs.prepared),
        read_split(inputs.split),
        options,
        backbone,
        Outputs(outputs.model, outputs.predictions, outputs.curves, checkpoints),
        backend,
    )
    shutil.rmtree(checkpoints, ignore_errors=True)


def _name_of_run(
    inputs: Inputs, options: Section, backbone: backbone_params.Section
) -> str:
    """Return a name that changes with anything that the run's numbers depend on."""
    strategy = f"headswap.train.strategies.{options.strategy}"
    files = [
        inputs.inputs,
        inputs.prepared / "index.csv",
        inputs.prepared / "labels.json",
        inputs.split / "split.csv",
        *sorted(inputs.features.rglob("*.csv")),
        *sorted(inputs.features.rglob("*.json")),
    ]
    code = hash_code(["headswap.train.stage", strategy])
    return hash_text([code, options, backbone, *map(hash_file, files)])[:32]


def fit_rounds(
    features: Features,
    index: Index,
    split: Split,
    options: Section,
    backbone: backbone_params.Section,
    outputs: Outputs,
    backend: str,
) -> None:
    """Fit the strategy once a round and write the results.

    Args:
        features: of every prepared and augmented image.
        index: of the prepared images.
        split: of the prepared images.
        options: the `train` section.
        backbone: the `backbone` section.
        outputs: what is written; the checkpoints are this run's own.
        backend: of Keras, where it is needed.
    """
    tasks = ordered(index.tasks, options.order)
    if options.decode == CONSISTENT:
        find_tree(tasks, index.relations)
    _require_names(options, tasks)
    rounds = rows_of_rounds(features, index, split)
    require_room(outputs.predictions, tasks, len(rounds), len(index.image_ids))
    images = rounds[0].images
    targets = {
        task.name: task.targets(index.cells[task.name]).take(images) for task in tasks
    }
    labels = Labels(index.tasks, index.relations)
    outcomes: Iterator[Outcome]
    is_solved = features.are_vectors and options.may_solve_heads
    require_solved(options, is_solved)
    if is_solved:
        outcomes = solve_rounds(features.members, tasks, targets, rounds, options)
    else:
        # Before anything imports Keras, which then takes its backend for good.
        start_keras(backend)
        from headswap.train.descent.rounds import train_rounds

        outcomes = train_rounds(
            features,
            tasks,
            targets,
            rounds,
            options,
            backbone,
            outputs.curves,
            outputs.checkpoints,
        )
    of_prepared = images[rounds[0].is_prepared]
    decided: list[Decided] = []
    strengths: list[Strengths] = []
    for number, outcome in enumerate(outcomes):
        found = decide_round(outcome, tasks, index, split, number, of_prepared, options)
        decided.append(found)
        strengths.append(outcome.strengths)
        write_strengths(outputs.curves / f"round{number}", outcome.strengths)
        if number == 0 and options.final == FIRST:
            facts = _describe(outcome, options, found.decisions)
            save_model(outputs.model, outcome.model, labels, facts)
    if options.final != FIRST:
        whole = train_on_all(split, index)
        outcome = solve_all(features, tasks, targets, index, whole, options, strengths)
        found = decide_round(outcome, tasks, index, whole, 0, of_prepared, options)
        facts = _describe(outcome, options, found.decisions)
        save_model(outputs.model, outcome.model, labels, facts)
    write_predictions(
        outputs.predictions,
        {task.name: gather(task, decided) for task in tasks},
        options.decode,
    )


def _require_names(options: Section, tasks: Sequence[Task]) -> None:
    """Check that parameters name tasks and classes that there are.

    Raises:
        InputError: one does not.
    """
    read_aims(options.threshold_for, tasks)
    names = [task.name for task in tasks]
    if unknown := [name for name in options.loss_weights if name not in names]:
        raise InputError(
            f"train.loss_weights: it must name tasks, {listed(names)}, got "
            f"{listed(unknown)}. Correct the names."
        )


def _describe(
    outcome: Outcome, options: Section, decisions: Decisions
) -> dict[str, Any]:
    """Return what is worth knowing of the kept model besides its layers."""
    return {
        "strategy": options.strategy,
        "final": options.final,
        "heads": {
            name: {"standardization": each.standardization, "l2": each.l2}
            for name, compared in outcome.strengths.items()
            for each in [choose(compared)]
        },
        "temperatures": decisions.temperatures,
        "thresholds": {
            name: values.tolist() for name, values in decisions.thresholds.items()
        },
        "decode": decisions.decode,
        "energy_limits": decisions.energy_limits,
    }
