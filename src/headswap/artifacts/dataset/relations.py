"""Relations between tasks: whether each finer class lies in one coarser class."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from headswap.artifacts.dataset.tasks import Task
from headswap.errors import listed


@dataclass(frozen=True)
class Relation:
    """A finer task whose every class lies within one class of a coarser task.

    Attributes:
        finer: name of the finer task.
        coarser: name of the coarser task.
        parents: the coarser class of each finer class.
    """

    finer: str
    coarser: str
    parents: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name its figures go by."""
        return f"{self.finer}_in_{self.coarser}"


def find_relations(
    tasks: Sequence[Task], cells: Mapping[str, Sequence[str]]
) -> tuple[list[Relation], list[str]]:
    """Return the relations that the labels show, and what breaks the others.

    Args:
        tasks: all tasks.
        cells: the labels of each image, by task name, as in `index.csv`.
    """
    relations, breaks = [], []
    for finer, coarser in _pairs(tasks):
        seen = defaultdict(set)
        for fine, coarse in zip(cells[finer.name], cells[coarser.name], strict=True):
            if fine:
                seen[fine].update({coarse} - {""})
        never = sorted(fine for fine, coarse in seen.items() if not coarse)
        broken = {fine: coarse for fine, coarse in seen.items() if len(coarse) > 1}
        if broken:
            breaks += [
                f"{finer.name} {fine!r} lies in several classes of {coarser.name}: "
                f"{listed(sorted(coarse))}"
                for fine, coarse in sorted(broken.items())
            ]
        elif never:
            breaks.append(
                f"no image of {finer.name} {listed(list(map(repr, never)))} has a "
                f"label of {coarser.name}"
            )
        else:
            parents = {
                fine: next(iter(coarse)) for fine, coarse in sorted(seen.items())
            }
            relations.append(Relation(finer.name, coarser.name, parents))
    return relations, breaks


def _pairs(tasks: Sequence[Task]) -> Iterator[tuple[Task, Task]]:
    """Yield (finer, coarser) multiclass tasks; a task of one class divides nothing."""
    for finer, coarser in permutations(tasks, 2):
        are_multiclass = finer.kind == coarser.kind == "multiclass"
        if are_multiclass and finer.num_classes > coarser.num_classes > 1:
            yield finer, coarser
