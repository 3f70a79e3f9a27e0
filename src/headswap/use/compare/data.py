"""`headswap compare --data`: which images, labels and parts are others than before.

Images are known by the hash of their content, so one that was moved or renamed is still
the same. Read from what `prepare` and `split` made, in DVC's cache.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headswap.artifacts.dataset.labels import read_labels
from headswap.artifacts.dataset.split import PARTS, UNUSED
from headswap.artifacts.storage.markdown import literal
from headswap.artifacts.storage.tables import read_table
from headswap.errors import listed, one_line
from headswap.use.compare.revisions import Revisions

INDEX = "data/prepared/index.csv"
LABELS = "data/prepared/labels.json"
SPLIT = "data/split/split.csv"
_FIRST_ROUND = "0"


@dataclass(frozen=True)
class Image:
    """One image of a revision.

    Attributes:
        path: relative to the raw folder.
        labels: by task.
        part: in the first round.
    """

    path: str
    labels: dict[str, str]
    part: str

    def label(self, task: str) -> str:
        """Return its label of a task, or that it has none."""
        return self.labels.get(task) or "no label"


@dataclass(frozen=True)
class Changes:
    """What is other in the images of one revision than in another's.

    Attributes:
        before: name of the earlier revision.
        after: name of the later one.
        num_before: images of the earlier one.
        num_after: images of the later one.
        parts: (images before, images after) by part, in the first round.
        added: paths.
        removed: paths.
        replaced: paths under which there is another image now.
        renamed: earlier and later path.
        relabelled: path, task, earlier and later label.
        moved: path, earlier and later part in the first round.
    """

    before: str
    after: str
    num_before: int
    num_after: int
    parts: dict[str, tuple[int, int]]
    added: list[str]
    removed: list[str]
    replaced: list[str]
    renamed: list[tuple[str, str]]
    relabelled: list[tuple[str, str, str, str]]
    moved: list[tuple[str, str, str]]


def read_images(revisions: Revisions, name: str) -> dict[str, Image]:
    """Return the images of a revision, by what their content is known by.

    Raises:
        InputError: there is no such revision, or DVC's cache lacks its images.
    """
    places = revisions.cached(name, [INDEX, LABELS, SPLIT])
    index, split = read_table(places[INDEX]), read_table(places[SPLIT])
    tasks = [task.name for task in read_labels(places[LABELS]).tasks]
    rows = zip(split["image_id"], split["round"], split["part"], strict=True)
    parts = {image: part for image, number, part in rows if number == _FIRST_ROUND}
    return {
        image: Image(path, dict(zip(tasks, cells, strict=True)), parts[image])
        for image, path, *cells in zip(
            index["image_id"], index["path"], *(index[t] for t in tasks), strict=True
        )
    }


def compare_images(before: str, after: str, folder: Path) -> Changes:
    """Return what is other in the images of a revision.

    Args:
        before: name of the earlier revision.
        after: name of the later one.
        folder: of the project.

    Raises:
        InputError: one is no revision, or DVC's cache lacks its images.
    """
    revisions = Revisions(folder)
    earlier, later = (read_images(revisions, name) for name in (before, after))
    added = sorted(later[key].path for key in later.keys() - earlier.keys())
    removed = sorted(earlier[key].path for key in earlier.keys() - later.keys())
    replaced = sorted({*added} & {*removed})
    pairs = sorted(
        ((earlier[key], later[key]) for key in earlier.keys() & later.keys()),
        key=lambda pair: pair[1].path,
    )
    sizes = [
        Counter(image.part for image in each.values()) for each in (earlier, later)
    ]
    return Changes(
        before,
        after,
        len(earlier),
        len(later),
        {
            part: (sizes[0][part], sizes[1][part])
            for part in (*PARTS, UNUSED)
            if sizes[0][part] or sizes[1][part]
        },
        [path for path in added if path not in replaced],
        [path for path in removed if path not in replaced],
        replaced,
        [(old.path, new.path) for old, new in pairs if old.path != new.path],
        [
            (new.path, task, old.label(task), new.label(task))
            for old, new in pairs
            for task in {**old.labels, **new.labels}
            if old.label(task) != new.label(task)
        ],
        [(new.path, old.part, new.part) for old, new in pairs if old.part != new.part],
    )


def table(changes: Changes) -> Iterator[tuple[str, str, str]]:
    """Yield what changed, how many images, and the first of them."""
    kinds = {
        "added": changes.added,
        "removed": changes.removed,
        "replaced": changes.replaced,
        "renamed": [f"{old} to {new}" for old, new in changes.renamed],
        "relabelled": [
            f"{path}: {task} {old} to {new}"
            for path, task, old, new in changes.relabelled
        ],
        "moved": [f"{path}: {old} to {new}" for path, old, new in changes.moved],
    }
    for kind, found in kinds.items():
        if found:
            yield kind, f"{len(found):,}", listed(found)


def sentences(changes: Changes) -> Iterator[str]:
    """Yield the answer in words."""
    sizes = ", ".join(
        f"{part} {old:,} to {new:,}" if old != new else f"{part} {new:,}"
        for part, (old, new) in changes.parts.items()
    )
    yield (
        f"{one_line(changes.before)} has {changes.num_before:,} images, "
        f"{one_line(changes.after)} {changes.num_after:,}. Parts, in the first round: "
        f"{sizes}."
    )
    if not any(True for _ in table(changes)):
        yield "Images, labels and parts are the same."
        return
    to_test = [path for path, old, new in changes.moved if new == "test"]
    if to_test:
        yield (
            f"{len(to_test):,} images are in the test part that were not before: what "
            "was chosen while they trained or validated has seen them."
        )
    yield "Figures of the two are about other data, and differ for that reason too."


def show(changes: Changes) -> None:
    """Print what changed, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, emoji=False)
    drawn = Table(box=None, pad_edge=False, show_header=False)
    drawn.add_column()
    drawn.add_column(justify="right")
    drawn.add_column(overflow="fold")
    for row in table(changes):
        drawn.add_row(*map(one_line, row))
    if drawn.row_count:
        console.print(drawn)
        console.print()
    for sentence in sentences(changes):
        console.print(one_line(sentence))


def as_markdown(changes: Changes) -> str:
    """Return table and sentences for a code review."""
    lines = [
        ("images", "number", "which"),
        ("---", "---:", "---"),
        *(tuple(map(literal, row)) for row in table(changes)),
    ]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    words = "\n".join(f"- {literal(each)}" for each in sentences(changes))
    return f"{text}\n\n{words}" if len(lines) > 2 else words


def as_json(changes: Changes) -> str:
    """Return all that changed for a program."""
    facts = {**vars(changes), "words": list(sentences(changes))}
    return json.dumps(facts, indent=2, ensure_ascii=False)
