"""Shards: the files in which the rows of a big array lie, and their manifest.

In a folder of rows `manifest.json` says how many there are, of which shape and type,
and how many lie in one shard; the shards, `00000.npy` and on, hold them in order. One
shard holds those of a small set.
"""

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from headswap.artifacts.storage.files import map_file
from headswap.errors import InputError, listed

# Of one shard at most, unless one row takes more.
SHARD_BYTES = 256 * 2**20
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What there is to know of a folder of shards; the attributes are its JSON."""

    num_rows: int
    rows_per_shard: int
    row_shape: tuple[int, ...]
    dtype: str

    @classmethod
    def plan(cls, num_rows: int, row_shape: Sequence[int], dtype: str) -> "Manifest":
        """Return that of rows to be written."""
        kind, shape = np.dtype(dtype), tuple(map(int, row_shape))
        plan = cls(num_rows, 1, shape, kind.name)
        size = max(1, SHARD_BYTES // max(1, plan.row_bytes))
        return replace(plan, rows_per_shard=size)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Return that of a folder.

        Raises:
            InputError: it has none, as the stage that makes it has not ended.
        """
        try:
            content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(
                f"{folder}: rows must have a {_MANIFEST} and shards, got none. Run the "
                "stage that makes them (dvc repro), or dvc checkout."
            ) from error
        return cls(**{**content, "row_shape": tuple(content["row_shape"])})

    def write(self, folder: Path) -> None:
        """Write it, once all shards are."""
        text = json.dumps(asdict(self), indent=2)
        (folder / _MANIFEST).write_text(text + "\n", encoding="utf-8")

    @property
    def row_bytes(self) -> int:
        """What one row takes."""
        return np.dtype(self.dtype).itemsize * math.prod(self.row_shape)

    @property
    def num_shards(self) -> int:
        """The number of shards; none where there are no rows."""
        return -(-self.num_rows // self.rows_per_shard)

    def shape_of(self, shard: int) -> tuple[int, ...]:
        """Return the shape of a shard; only the last one may have fewer rows."""
        start = shard * self.rows_per_shard
        count = min(self.rows_per_shard, self.num_rows - start)
        return (count, *self.row_shape)


def shard_file(folder: Path, number: int) -> Path:
    """Return the path of a shard."""
    return folder / f"{number:05}.npy"


def make_empty(path: str | Path) -> Path:
    """Return a folder without anything in it."""
    folder = Path(path)
    # Earlier files may be links to some in DVC's cache, which have to stay.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def map_shard(folder: Path, number: int, known: Manifest) -> np.ndarray:
    """Return a shard, mapped rather than read; safe in threads.

    Raises:
        InputError: it is missing, cut short, or not what the manifest says.
    """
    file = shard_file(folder, number)
    rows = None
    try:
        rows = map_file(file)
        found = f"{rows.dtype.name} {rows.shape}"
    except FileNotFoundError:
        found = "no file"
    except InputError as error:
        found = f"one cut short ({error})"
    expected = f"{known.dtype} {known.shape_of(number)}"
    if rows is None or found != expected:
        raise InputError(
            f"{file}: the shard must be {expected}, as {_MANIFEST} beside it says, got "
            f"{found}. Delete {folder} and run dvc checkout, or dvc repro."
        )
    return rows


def require_own(folder: Path, shards: set[Path]) -> None:
    """Check that a folder has no shards but those of its manifest.

    Raises:
        InputError: it has.
    """
    if foreign := sorted(set(folder.glob("*.npy")) - shards):
        raise InputError(
            f"{folder}: it must hold only the {len(shards)} shards of its {_MANIFEST}, "
            f"got {listed([file.name for file in foreign])} too. Delete {folder} and "
            "run dvc checkout, or dvc repro."
        )
