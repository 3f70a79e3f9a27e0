"""Every round's heads, on all cores where they take long, one thread each.

With nothing but linear heads to fit, little is left of a strategy: whether a task's
head takes what the heads of the tasks before it say (`CHAINED`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
from threadpoolctl import threadpool_limits

from headswap import registry
from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.artifacts.model.heads import Head
from headswap.artifacts.model.strengths import Strength
from headswap.machine.memory import require_memory
from headswap.machine.parallel import map_on_cores
from headswap.params.train import AUTO, Section
from headswap.solver.logistic import FINE, ROUGH
from headswap.solver.memory import bytes_of_fits, bytes_of_rows
from headswap.train.exact.fit import MAX_KEPT, Source
from headswap.train.exact.head import ENOUGH, SolvedHead
from headswap.train.outcome import Outcome
from headswap.train.rows import RoundRows

# Multiplications of one look at all rounds' heads up to which they are solved in this
# process: a second's work, in which another one would just have started.
FEW = 1e6


def solve_rounds(
    members: Sequence[Member],
    tasks: Sequence[Task],
    targets: Mapping[str, AnyTargets],
    rounds: Sequence[RoundRows],
    options: Section,
) -> Iterator[Outcome]:
    """Yield every round's heads.

    Args:
        members: the cached features, vectors.
        tasks: in training order.
        targets: (rows, C) float32 of 0 and 1 by task name, for every feature row.
        rounds: the rows of each.
        options: the `train` section.
    """
    strategy = registry.load("train/strategies", options.strategy)
    solve = partial(
        solve_round,
        members,
        tasks,
        targets,
        options=options,
        is_chained=strategy.CHAINED,
    )
    num_bytes = max(_num_bytes(members, targets, rows, options) for rows in rounds)
    what = f"the heads of a round, of {len(rounds[0].images):,} rows of features"
    require_memory("train", num_bytes, what, "use fewer pictures (split.images)")
    if _num_multiplications(members, tasks, rounds) <= FEW:
        yield from map(solve, rounds)
    else:
        yield from map_on_cores(solve, rounds, "train", "round", num_bytes)


def _num_multiplications(
    members: Sequence[Member], tasks: Sequence[Task], rounds: Sequence[RoundRows]
) -> int:
    """Return how many it takes to compute every head's scores of its training rows.

    No head has more coordinates than rows that it is fitted to.
    """
    num_features = sum(member.rows.row_shape[0] for member in members)
    num_classes = sum(task.num_classes for task in tasks)
    return sum(
        len(rows.train) * min(len(rows.train), num_features) * num_classes
        for rows in rounds
    )


def _num_bytes(
    members: Sequence[Member],
    targets: Mapping[str, AnyTargets],
    rows: RoundRows,
    options: Section,
) -> int:
    """Return how much memory a round's heads take."""
    num_features = sum(member.rows.row_shape[0] for member in members)
    num_fitted = len(np.unique(rows.train))
    num_folds = max(1, len(np.unique(rows.folds[rows.train])))
    num_kinds = 2 if options.standardize == AUTO else 1
    judged = [values[rows.validation].sum(axis=0) for values in targets.values()]
    is_judged_by_folds = any((counts < ENOUGH).any() for counts in judged)
    # Those that judge, and one that has been chosen or says what it has not seen.
    num_fits = 1 + num_kinds * (num_folds if is_judged_by_folds else 1)
    of_fold = num_fitted * max(1, num_folds - 1) // num_folds
    of_spans = bytes_of_fits(num_folds, of_fold, num_features)
    return (
        bytes_of_rows(len(rows.images), num_features)
        + bytes_of_fits(num_fits, of_fold, num_features)
        + min(of_spans, MAX_KEPT)
    )


def solve_round(
    members: Sequence[Member],
    tasks: Sequence[Task],
    targets: Mapping[str, AnyTargets],
    rows: RoundRows,
    options: Section,
    is_chained: bool,
    settled: Mapping[str, Strength] | None = None,
) -> Outcome:
    """Return one round's heads.

    Args:
        members: the cached features, vectors.
        tasks: in training order.
        targets: (rows, C) float32 of 0 and 1 by task name, for every feature row.
        rows: of the round.
        options: the `train` section.
        is_chained: whether tasks take what those before them say.
        settled: by name of the head, the strength it is to have, where it is not to be
            chosen.
    """
    # With more threads, sums would depend on their number.
    with threadpool_limits(1):
        everything = np.arange(len(rows.images))
        features = {
            member.input_name: Source(member.rows[everything]) for member in members
        }
        heads: list[Head] = []
        strengths: dict[str, list[Strength]] = {}
        earlier: dict[str, Source] = {}
        unseen: dict[str, np.ndarray] = {}
        for number, task in enumerate(tasks):
            *of_members, last = _solve_task(
                task, features, earlier, targets[task.name], rows, options, settled
            )
            for each in (*of_members, last):
                heads.append(each.head)
                strengths[each.head.name] = each.strengths
            is_taken = is_chained and number < len(tasks) - 1
            if is_taken or last.has_folds:
                # How sure a head is made needs no more than the losses of strengths do.
                outputs = last.outputs(FINE if is_taken else ROUGH)
                unseen[task.name] = outputs[rows.is_prepared]
                if is_taken:
                    earlier[task.name] = Source(outputs, is_feature=False)
        given = {name: source.values for name, source in features.items()}
        for head in heads:
            given[head.name] = head(given)
    return Outcome(
        tuple(heads),
        {task.name: given[task.name][rows.is_prepared] for task in tasks},
        unseen,
        strengths,
    )


def _solve_task(
    task: Task,
    features: Mapping[str, Source],
    earlier: Mapping[str, Source],
    targets: AnyTargets,
    rows: RoundRows,
    options: Section,
    settled: Mapping[str, Strength] | None,
) -> list[SolvedHead]:
    """Return the task's head, after those that it takes scores from."""

    def settle(name: str) -> Section:
        if settled is None:
            return options
        kind = cast(Any, settled[name].standardization)
        return replace(options, l2=settled[name].l2, standardize=kind)

    if options.merge == "features" or len(features) == 1:
        sources = {**features, **earlier}
        own = settle(task.name)
        return [SolvedHead(task.name, task, sources, targets, rows, own)]
    of_members = [
        SolvedHead(
            f"{task.name}-{name}",
            task,
            {name: source, **earlier},
            targets,
            rows,
            settle(f"{task.name}-{name}"),
            gives_scores=True,
        )
        for name, source in features.items()
    ]
    scores = {
        each.head.name: Source(each.outputs(), is_feature=False) for each in of_members
    }
    return [
        *of_members,
        SolvedHead(task.name, task, scores, targets, rows, settle(task.name)),
    ]
