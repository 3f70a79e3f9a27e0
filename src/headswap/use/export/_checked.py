"""A format's file, written only where its own runtime computes what the model does.

In: a bundle. Out: a folder with the file and `labels.json`, which says what goes in and
what comes out. It is there as a whole or not at all.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, listed
from headswap.pictures.drawn import draw_pictures
from headswap.use.export._format import (
    AT_ONCE,
    TOLERANCE,
    Format,
    Run,
    convert,
    find_layer,
    largest_difference,
    run_all,
    same_classes,
)
from headswap.use.predict.predictor import Predictor

if TYPE_CHECKING:
    import keras

Judged = TypeVar("Judged")

NUM_PICTURES = 32
LABELS = "labels.json"


def export_checked(
    form: Format, out: str | None, model: PathLike, pictures: Sequence[str]
) -> None:
    """Write a bundle in a format, and print how it compares.

    Args:
        form: the format.
        out: folder to write; None for `data/export/<format>`.
        model: folder of the bundle.
        pictures: files to compare on; none for drawn ones.

    Raises:
        InputError: a package is missing, the network cannot be converted, or the file
            computes something else.
    """
    require_installed(form)
    predictor = load_exact(model)
    asked = read_pictures(predictor, pictures)
    expected = predictor.probabilities(asked)

    def judge(run: Run, network: "keras.Model") -> tuple[float, float]:
        # The first run of some runtimes compiles.
        run_all(run, asked[:AT_ONCE])
        started = time.perf_counter()
        found = run_all(run, asked)
        seconds = time.perf_counter() - started
        worst = largest_difference(expected, found)
        if worst > TOLERANCE or not same_classes(predictor, expected, found):
            where = find_layer(form, network, asked[:4])
            raise InputError(
                f"headswap export {form.name}: probabilities of the file must be "
                f"those of the model to {TOLERANCE:g} and of the same classes, got a "
                f"difference of {worst:.2g}, from {where} on. Choose another format; "
                "nothing was written."
            )
        return worst, seconds

    said, (worst, seconds) = write_file(form, out, predictor, judge)
    print(
        f"{said}; on {len(asked)} pictures as the model to {worst:.1g}, "
        f"{1000 * seconds / len(asked):.1f} ms a picture"
    )


def write_file(
    form: Format,
    out: str | None,
    predictor: Predictor,
    judge: Callable[[Run, "keras.Model"], Judged],
) -> tuple[str, Judged]:
    """Write a bundle's file and labels, as a whole or not at all.

    Args:
        form: the format.
        out: folder to write; None for `data/export/<format>`.
        predictor: the bundle.
        judge: takes what the file computes and the network that it was made of; what it
            raises leaves nothing written.

    Returns:
        what was written, for people, and what `judge` returns.

    Raises:
        InputError: the network cannot be converted, or the folder not be written.
    """
    target = Path(out or f"data/export/{form.name}")
    with new_folder(target) as folder:
        # Importing it imports Keras, which has to be started as it must be.
        from headswap.machine.backend import start_keras

        start_keras("tensorflow")
        from headswap.use.whole import build_whole

        network = build_whole(predictor.folder, predictor.bundle)
        judged = judge(convert(form, network, folder / form.file), network)
        write_labels(folder / LABELS, predictor)
        files = [file for file in folder.rglob("*") if file.is_file()]
        megabytes = sum(file.stat().st_size for file in files) / 1e6
    return f"{target}: {form.file} and {LABELS}, {megabytes:.1f} MB", judged


def load_exact(model: PathLike) -> Predictor:
    """Return a bundle as what a file computes is compared with it.

    TensorFlow makes the file, in float32.
    """
    predictor = Predictor(model, backend="tensorflow")
    if predictor.bundle.precision == "bfloat16":
        predictor = Predictor(model, backend="tensorflow", precision="float32")
    return predictor


def require_installed(form: Format) -> None:
    """Check that a format's packages are there.

    Raises:
        InputError: with those that are missing.
    """
    missing = [name for module, name in form.packages.items() if not find_spec(module)]
    if missing:
        raise InputError(
            f"headswap export {form.name}: {', '.join(form.packages.values())} must be "
            f"installed, got none of {', '.join(missing)}. Run `pip install "
            f"{' '.join(missing)}`, or install headswap[{form.name}]."
        )


def read_pictures(predictor: Predictor, pictures: Sequence[str]) -> np.ndarray:
    """Return what to compare on, (N, S, S, 3) uint8; drawn ones where none is named."""
    if not pictures:
        return draw_pictures(NUM_PICTURES, predictor.bundle.image_size)
    read = {picture: predictor.read(picture) for picture in pictures}
    problems = [f"{name} ({why})" for name, why in read.items() if isinstance(why, str)]
    if problems:
        raise InputError(
            f"--pictures: each must be a picture, got {listed(problems)}. Name others."
        )
    return np.stack([np.asarray(pixels) for pixels in read.values()])


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, which becomes this one once all went well."""
    # What an export wrote may be replaced; nothing else that somebody keeps.
    is_own = (folder / LABELS).is_file()
    if folder.exists() and not is_own and (folder.is_file() or any(folder.iterdir())):
        raise InputError(
            f"headswap export: the output must be a new folder, an empty one or an "
            f"earlier export, got {str(folder)!r}. Name another."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".export-", dir=folder.parent) as draft:
            made = Path(draft, "made")
            made.mkdir()
            yield made
            if folder.exists():
                shutil.rmtree(folder)
            made.rename(folder)
    except OSError as error:
        raise InputError(
            f"headswap export: {folder} must be a folder with room to write, got: "
            f"{error.strerror or error}. Nothing was written."
        ) from error


def write_labels(path: Path, predictor: Predictor) -> None:
    """Write what a program needs to know beside the file itself."""
    size, thresholds = predictor.bundle.image_size, predictor.decisions.thresholds
    tasks = [
        {
            "output": task.name,
            "kind": task.kind,
            "classes": list(task.class_names),
            "thresholds": thresholds[task.name].tolist()
            if task.name in thresholds
            else None,
        }
        for task in predictor.tasks
    ]
    pixels = {
        "name": "pixels",
        "shape": [None, size, size, 3],
        "dtype": "uint8",
        "colours": "RGB",
        "resize": predictor.bundle.resize,
    }
    facts = {"input": pixels, "decode": predictor.decisions.decode, "tasks": tasks}
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
