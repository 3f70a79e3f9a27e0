"""evaluate: predictions -> figures for people, for git and for `dvc metrics diff`.

Out, in one folder: `evaluate.json` ({task: {part: {metric: value}}}; means over the
rounds, with `<metric>_std` beside them where there are several), `repeats.csv` (every
round), `intervals.json`, `scores.csv` (how sure), `classes.csv`, `predictions.csv` (the
first round's validation and test images), and for plots `confusion.csv` (test images,
counted), `reliability.csv` and `coverage.csv` (whether probabilities can be believed),
`learning_curves.csv` and `strengths.csv` (of solved heads). All of it lies in
git, and so is small.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.index import Index, read_index
from headswap.artifacts.dataset.split import PARTS, Split, read_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.predictions import (
    DECODE,
    Predictions,
    decide_rounds,
    read_decode,
    read_predictions,
)
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import one_line
from headswap.evaluate.answers import FALSE_ALARMS, Answers
from headswap.evaluate.certainty import add_certainty, mean_figures, write_certainty
from headswap.evaluate.intervals import write_intervals
from headswap.evaluate.plots import write_ranking, write_scores
from headswap.evaluate.report import (
    Figures,
    write_classes,
    write_confusion,
    write_json,
    write_learning_curves,
    write_predictions,
    write_repeats,
    write_strengths,
)
from headswap.evaluate.slices import write_slices
from headswap.evaluate.together import add_hierarchy, means, relate
from headswap.machine.memory import require_memory
from headswap.statistics.scores import Scores, score

# Memory that all figures of one predicted probability take, measured; above 12 MB for
# all of them.
BYTES_OF_VALUE = 64


def evaluate_predictions(
    prepared: PathLike,
    split: PathLike,
    predictions: PathLike,
    curves: PathLike,
    output: PathLike,
) -> None:
    """Write the metrics folder.

    Args:
        prepared: the prepared folder.
        split: the split folder.
        predictions: the predictions folder.
        curves: curves of training, one folder a round.
        output: folder to write.
    """
    index, rounds = read_index(prepared), read_split(split)
    num_values = sum(
        rounds.num_rounds * len(index.image_ids) * task.num_classes
        for task in index.tasks
    )
    what = f"the predictions of {rounds.num_rounds} rounds"
    advice = "use fewer rounds (split.repeats)"
    require_memory("evaluate", BYTES_OF_VALUE * num_values, what, advice)
    write_metrics(
        read_predictions(predictions, index.tasks),
        read_decode(Path(predictions) / DECODE),
        index,
        rounds,
        curves,
        output,
    )


def write_metrics(
    predictions: Mapping[str, Predictions],
    decode: str,
    index: Index,
    split: Split,
    curves_folder: PathLike,
    output: PathLike,
) -> None:
    """Write the metrics folder.

    Args:
        predictions: by task name.
        decode: how classes are chosen, as `train.decode`.
        index: of the N images.
        split: of the N images.
        curves_folder: curves of training, one folder a round.
        output: folder to write.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    predicted = decide_rounds(predictions, index.tasks, index.relations, decode)
    scores = {
        (task.name, part): _score(
            task, index, split, part, predictions[task.name], predicted[task.name]
        )
        for task in index.tasks
        for part in PARTS
        if _labelled_rows(task, index, split, part).any(axis=1).all()
    }
    figures: Figures = {
        key: [each.overall for each in rounds] for key, rounds in scores.items()
    }
    answers, calibration = {}, {}
    for task in index.tasks:
        answers[task.name] = _answers(
            task, index, predictions[task.name], predicted[task.name]
        )
        calibration[task.name] = add_certainty(figures, task, answers[task.name], split)
    for relation in index.relations:
        shares = relate(relation, index, predicted)
        answers[relation.name] = Answers(shares)
        figures.update(means(relation.name, shares, split))
    add_hierarchy(figures, answers, index, split, predicted)
    _warn(index.tasks, scores)
    write_json(folder / "evaluate.json", figures)
    intervals = write_intervals(folder / "intervals.json", figures, answers, split)
    write_scores(folder / "scores.csv", intervals)
    write_ranking(folder / "ranking.csv", predictions, index, split)
    write_slices(folder / "slices.csv", predicted, index, split)
    write_repeats(folder / "repeats.csv", figures)
    write_classes(folder / "classes.csv", index.tasks, scores)
    write_predictions(folder / "predictions.csv", predictions, predicted, index, split)
    write_confusion(
        folder / "confusion.csv", index.tasks, predicted, index.cells, split
    )
    write_certainty(folder, index, split, predictions, predicted, calibration)
    write_learning_curves(folder / "learning_curves.csv", Path(curves_folder))
    write_strengths(folder / "strengths.csv", Path(curves_folder))


def _score(
    task: Task,
    index: Index,
    split: Split,
    part: str,
    predictions: Predictions,
    predicted: np.ndarray,
) -> list[Scores]:
    """Return the scores of each round, of images that have a label."""
    targets = task.encode(index.cells[task.name])
    return [
        score(
            targets[rows],
            predictions.probabilities[number, rows],
            predicted[number, rows],
            task.kind,
        )
        for number, rows in enumerate(_labelled_rows(task, index, split, part))
    ]


def _labelled_rows(task: Task, index: Index, split: Split, part: str) -> np.ndarray:
    """Return which images of a part have a label of a task, (rounds, N) bool."""
    is_labelled = task.is_labelled(task.encode(index.cells[task.name]))
    return (split.parts == part) & is_labelled


def _answers(
    task: Task, index: Index, predictions: Predictions, predicted: np.ndarray
) -> Answers:
    """Return what the intervals of a task come from."""
    targets = task.encode(index.cells[task.name]).astype(int)
    exact = (targets == predicted).all(axis=2).astype(float)
    exact[:, ~task.is_labelled(targets)] = np.nan
    metric = "exact_match" if task.kind == "multilabel" else "accuracy"
    shares, losses = mean_figures(targets, predictions.probabilities, task)
    if predictions.unlike is not None:
        shares[FALSE_ALARMS] = predictions.unlike.astype(float)
    for values in (*shares.values(), *losses.values()):
        values[:, ~task.is_labelled(targets)] = np.nan
    return Answers(
        {metric: exact, **shares},
        targets,
        predictions.probabilities,
        predicted,
        task.kind,
        losses,
    )


def _warn(
    tasks: Sequence[Task], scores: Mapping[tuple[str, str], list[Scores]]
) -> None:
    """Say which classes are left out of an average, and which are never found."""
    for task in tasks:
        for part in PARTS:
            rounds = scores.get((task.name, part), [])
            if not rounds:
                print(f"{task.name}, {part}: no figures, for no image has a label")
            absent = {
                task.class_names[i]
                for each in rounds
                for i in np.flatnonzero(each.support == 0)
            }
            blind = {
                task.class_names[i]
                for each in rounds
                for i in np.flatnonzero(each.is_blind)
            }
            if absent:
                print(
                    f"{task.name}, {part}: averages leave out classes without images: "
                    f"{', '.join(map(one_line, sorted(absent)))}"
                )
            if blind:
                print(
                    f"warning: {task.name}, {part}: accuracy is above 0.5 but these "
                    "classes are never found (recall 0): "
                    f"{', '.join(map(one_line, sorted(blind)))}"
                )
