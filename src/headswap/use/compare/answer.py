"""What the runs say together: the choice, by validation, and how sure it is.

Guaranteed: no test figure enters the choice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headswap.errors import InputError
from headswap.statistics.comparisons import (
    SIGNIFICANCE,
    groups_needed,
    holm,
    smallest_difference,
)
from headswap.statistics.words import p_value
from headswap.use.compare.differences import Difference, difference_of
from headswap.use.compare.runs import Run


@dataclass(frozen=True)
class Answer:
    """The answer.

    Attributes:
        runs: the best by validation first; those with other images last.
        validation: the difference of each, by name, that has the chosen one's images.
        test: likewise; its p is of one comparison alone.
        nested: test score a round where each round's validation chooses, (rounds,).
        times_chosen: in how many rounds each run's validation was best, by name.
        delta: the difference that matters.
        disagreeing: share of the test answers in which the chosen and the next run are
            not both right or both wrong.
        groups: of the test part.
    """

    runs: list[Run]
    validation: dict[str, Difference]
    test: dict[str, Difference]
    nested: np.ndarray
    times_chosen: dict[str, int]
    delta: float
    disagreeing: float | None
    groups: float

    @property
    def chosen(self) -> Run:
        """The run with the highest validation score."""
        return self.runs[0]

    @property
    def undecided(self) -> list[Run]:
        """Those that validation does not tell from the chosen run."""
        return [run for run, p in self._tested() if p > SIGNIFICANCE]

    @property
    def worse(self) -> list[Run]:
        """Those that validation tells to be worse than the chosen run."""
        return [run for run, p in self._tested() if p <= SIGNIFICANCE]

    def _tested(self) -> Iterator[tuple[Run, float]]:
        for run in self.runs[1:]:
            found = self.validation.get(run.name)
            if found is not None and found.p is not None:
                yield run, found.p

    @property
    def cheapest(self) -> Run:
        """Of these and the chosen one, the one with the fewest multiplications."""

        def cost(run: Run) -> tuple[float, float]:
            return run.cost["million_multiply_adds"], run.cost["parameters"]

        return min([self.chosen, *self.undecided], key=cost)

    @property
    def shown(self) -> float | None:
        """The smallest difference of shares right that this test part shows."""
        if self.disagreeing is None:
            return None
        return smallest_difference(max(self.disagreeing, 0.01), int(self.groups))

    @property
    def needed(self) -> int | None:
        """The test groups that would show the difference that matters."""
        if self.disagreeing is None:
            return None
        return groups_needed(max(self.disagreeing, 0.01), self.delta)


def compare(runs: Sequence[Run], delta: float) -> Answer:
    """Return the answer.

    Args:
        runs: at least one; those with other images than the best are only listed.
        delta: the difference that matters, of a score of 0 to 1.
    """
    best = max(runs, key=lambda run: float(np.mean(run.of_rounds("validation"))))
    same = [run for run in runs if _have_same_images(run, best)]
    same.sort(key=lambda run: -float(np.mean(run.of_rounds("validation"))))
    others = [run for run in runs if run not in same]
    rest = same[1:]
    validation = [difference_of(run, best, "validation") for run in rest]
    known = [n for n, found in enumerate(validation) if found.p is not None]
    adjusted = holm([validation[n].p or 0.0 for n in known])
    for number, p in zip(known, adjusted, strict=True):
        validation[number] = replace(validation[number], p=p)
    nested, times = _nested(same)
    return Answer(
        [*same, *others],
        dict(zip([run.name for run in rest], validation, strict=True)),
        {run.name: difference_of(run, best, "test") for run in rest},
        nested,
        times,
        delta,
        _disagreeing(best, rest[0]) if rest else None,
        float(min(best.intervals[task]["test"]["groups"] for task in best.tasks)),
    )


def _have_same_images(run: Run, other: Run) -> bool:
    if run.split != other.split or run.tasks != other.tasks:
        return False
    return all(
        [row["actual"] for row in rows]
        == [row["actual"] for row in other.answers.get(key, [])]
        for key, rows in run.answers.items()
    )


def _nested(runs: Sequence[Run]) -> tuple[np.ndarray, dict[str, int]]:
    """Return the test score of each round's own choice, and who was chosen."""
    validation = np.stack([run.of_rounds("validation") for run in runs])
    test = np.stack([run.of_rounds("test") for run in runs])
    choices = validation.argmax(axis=0)
    times = {
        run.name: int((choices == number).sum())
        for number, run in enumerate(runs)
        if (choices == number).any()
    }
    return np.take_along_axis(test, choices[None], axis=0)[0], times


def _disagreeing(run: Run, other: Run) -> float | None:
    """Return the share of test answers that one alone has right, of the worst task."""
    shares = []
    for task in run.tasks:
        pairs = zip(run.answers["test", task], other.answers["test", task], strict=True)
        right = [
            (a["actual"] == a["predicted"]) != (b["actual"] == b["predicted"])
            for a, b in pairs
        ]
        shares.append(float(np.mean(right)))
    return max(shares)


def require_not_worse(run: Run, before: Run, delta: float) -> None:
    """Check that validation does not tell a run to be worse than one before it.

    Raises:
        InputError: it is, by more than delta and more than chance explains, or than
            anything could test; or they have other images, and cannot be compared.
    """
    if run is before:
        return
    if not _have_same_images(run, before):
        raise InputError(
            f"headswap compare: {run.name} must have the images, labels and split of "
            f"{before.name} to be compared, got others. Run both on the same data."
        )
    found = difference_of(run, before, "validation")
    if found.p is None and found.value < -delta:
        why = run.lacking or before.lacking or "Set split.repeats=3 or more."
        raise InputError(
            f"headswap compare: {run.name} must not be worse than {before.name}, got "
            f"{found.value:+.3f} on validation, of which nothing says whether chance "
            f"explains it. {why}"
        )
    if found.p is not None and found.p <= SIGNIFICANCE and found.value < -delta:
        raise InputError(
            f"headswap compare: {run.name} must not be worse than {before.name}, got "
            f"{found.value:+.3f} on validation, p {p_value(found.p)}. Find out why, or "
            "compare without --fail-if-worse."
        )
