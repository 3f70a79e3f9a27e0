"""A format's file in int8, with what that costs: it is a smaller model and another one.

In: a bundle, and training pictures, by which the ranges of numbers are set. Out: a
folder as of `_checked`; printed is how its F1 on the run's test pictures differs from
that of the model.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.artifacts.dataset.index import Index, read_index
from headswap.artifacts.dataset.split import Split, read_split
from headswap.artifacts.model.decisions import decide_tasks
from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.use.export._checked import (
    load_exact,
    read_pictures,
    require_installed,
    write_file,
)
from headswap.use.export._format import Format, Run, largest_difference, run_all
from headswap.use.export._project import PREPARED, SPLIT
from headswap.use.predict.predictor import Predictor

if TYPE_CHECKING:
    import keras

# Pictures by which ranges are set; more move them little.
NUM_PICTURES = 200

Write = Callable[["keras.Model", Path, np.ndarray], None]


@dataclass(frozen=True)
class _Pictures:
    """The pictures of the project here.

    Attributes:
        index: of the N images.
        split: of the N images.
    """

    index: Index
    split: Split

    @cached_property
    def _images(self) -> Rows:
        return Rows([PREPARED / "images"])

    def of(self, part: str) -> np.ndarray:
        """Return the rows of a part of the first round."""
        return np.flatnonzero(self.split.parts[0] == part)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return pictures, (len(rows), S, S, 3) uint8."""
        return self._images[rows]


def export_quantized(
    form: Format,
    write: Write,
    out: str | None,
    model: PathLike,
    pictures: Sequence[str],
) -> None:
    """Write a bundle in a format in int8, and print what that costs.

    Args:
        form: the format; how it writes is not used.
        write: writes a network to a path, with pictures, (N, S, S, 3) uint8, by which
            ranges are set.
        out: folder to write; None for `data/export/<format>`.
        model: folder of the bundle.
        pictures: files to set the ranges by; none for training pictures of the run.

    Raises:
        InputError: a package or the run's pictures are missing, or the network cannot
            be converted.
    """
    require_installed(form)
    predictor = load_exact(model)
    known = _read_pictures_of_run(predictor, form.name)
    if pictures:
        shown = read_pictures(predictor, pictures)
    else:
        rows = known.of("train")
        kept = min(NUM_PICTURES, len(rows))
        shown = known.read(rows[np.arange(kept) * len(rows) // max(kept, 1)])
    tested = known.of("test")
    asked = known.read(tested)
    expected = predictor.probabilities(asked)

    def judge(run: Run, _: "keras.Model") -> Mapping[str, np.ndarray]:
        found = run_all(run, asked)
        if not np.isfinite(largest_difference(expected, found)):
            raise InputError(
                f"headswap export {form.name}: the file must give a number for every "
                "class, got others. Choose another format; nothing was written."
            )
        return found

    written = replace(form, write=partial(_swap, write, shown))
    said, found = write_file(written, out, predictor, judge)
    print(said)
    for line in _compare(known.index, tested, predictor, expected, found):
        print(line)


def _swap(write: Write, shown: np.ndarray, network: "keras.Model", path: Path) -> None:
    write(network, path, shown)


def _read_pictures_of_run(predictor: Predictor, name: str) -> _Pictures:
    """Return the pictures of the project here, which are those of the bundle.

    Raises:
        InputError: there are none, or those of other classes or of another size.
    """
    if missing := [str(each) for each in (PREPARED, SPLIT) if not each.is_dir()]:
        raise InputError(
            f"headswap export {name}: the run's pictures and split must be here, to "
            f"measure what int8 costs, got no {' and no '.join(missing)}. Run it in "
            "the project that the bundle is from, after `dvc pull` or `dvc repro`."
        )
    found = _Pictures(read_index(PREPARED), read_split(SPLIT))
    size = found.read(np.array([0])).shape[1]
    of_bundle = predictor.bundle.image_size, list(predictor.tasks)
    if (size, list(found.index.tasks)) != of_bundle:
        raise InputError(
            f"headswap export {name}: {PREPARED} must hold the pictures that the "
            "bundle is made of, got other classes or another size. Run `dvc repro`."
        )
    return found


def _compare(
    index: Index,
    tested: np.ndarray,
    predictor: Predictor,
    expected: Mapping[str, np.ndarray],
    found: Mapping[str, np.ndarray],
) -> Iterator[str]:
    """Yield a sentence a task on what the file says of test pictures."""
    from headswap.statistics.scores import score

    decisions = predictor.decisions
    before, after = (
        decide_tasks(
            each,
            index.tasks,
            index.relations,
            decisions.thresholds,
            decisions.decode,
        )
        for each in (expected, found)
    )
    for task in index.tasks:
        targets = task.encode(index.cells[task.name])[tested]
        rows = task.is_labelled(targets)
        if not rows.any():
            yield f"{task.name}: no test picture has a label, so nothing was compared"
            continue
        name = task.name
        old, new = (
            score(targets[rows], likely[name][rows], said[name][rows], task.kind)
            for likely, said in ((expected, before), (found, after))
        )
        first, second = old.overall["f1"], new.overall["f1"]
        same = float((before[name] == after[name]).all(axis=1).mean())
        yield (
            f"{name}: macro F1 of {rows.sum()} test pictures {second:.4f}, of the "
            f"model {first:.4f} ({second - first:+.4f}); {100 * same:.1f} % of answers "
            "are the same"
        )
