"""`headswap explain`: where in a picture the evidence for its class lies, as PNG.

Squares of the picture are covered, one at a time, with its mean colour; where the
log-odds of the class fall, there was evidence for it (red), where they rise, against it
(blue). It takes nothing but predictions, so it serves every network and head.

Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks",
section 4.2.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from headswap import params
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, one_line
from headswap.machine.places import find_place
from headswap.pictures.files import read_files
from headswap.use.predict.files import find_files
from headswap.use.predict.predictor import Predictor

# Squares along a side, each overlapping half of the next.
SQUARES = 14
# Training pictures beside the evidence.
NUM_NEAREST = 3
_AT_ONCE = 64
# Probabilities nearer to 0 and 1 count as these.
_LEAST = 1e-9
RED, BLUE = (230, 30, 30), (30, 60, 230)


class Model(Protocol):
    """What says how probable classes are, (N, C) by task, of (N, S, S, 3) uint8."""

    def probabilities(self, pictures: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return them."""


def explain_files(
    paths: Sequence[str], model: PathLike, out: PathLike, root: str | None
) -> None:
    """Write one PNG a picture and task: the picture, and beside it the evidence.

    Where the training pictures are at hand, those that it is most like follow.

    It is about the most probable class, which is printed with the file's name. What
    cannot be read is printed with the reason.

    Args:
        paths: of files and folders; `-` reads paths from standard input, one a line.
        model: folder of the bundle.
        out: folder to write.
        root: the folder of the training pictures; None for what params.yaml says.

    Raises:
        InputError: a path is missing, or the folder cannot be written.
    """
    files = find_files(paths)
    predictor = Predictor(model)
    folder, root = Path(out), _root_of_project() if root is None else root
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(files):
            pixels = predictor.read(file)
            if isinstance(pixels, str):
                print(f"{one_line(file)}: {pixels}")
                continue
            found = predictor.probabilities(pixels[None])
            classes = {name: int(rows[0].argmax()) for name, rows in found.items()}
            maps = find_evidence(predictor, pixels, classes)
            beside = _open_nearest(predictor, pixels, root)
            for task in predictor.tasks:
                place = classes[task.name]
                path = folder / f"{number:04}-{Path(file).stem}-{task.name}.png"
                shown = [pixels, paint(pixels, maps[task.name]), *beside]
                # OpenCV's own writing neither takes every name nor says why it fails.
                path.write_bytes(encode_png(np.hstack(shown)))
                print(
                    f"{one_line(str(path))}: {one_line(task.class_names[place])} "
                    f"{found[task.name][0, place]:.3f}"
                )
    except OSError as error:
        raise InputError(
            f"--out: {out} must be a folder with room to write, got: {error.strerror}. "
            "The pictures that are in it are whole."
        ) from error


def _root_of_project() -> str | None:
    """Return where the training pictures of the project here are, if it is one."""
    if not Path(params.PARAMS_FILE).is_file():
        return None
    return str(params.check(params.load())["data"].root)


def _open_nearest(
    predictor: Predictor, pixels: np.ndarray, root: str | None
) -> list[np.ndarray]:
    """Return the nearest training pictures that can be read, (S, S, 3) each.

    A bundle has their paths alone, so it takes the folder that they lie in.
    """
    if root is None:
        return []
    paths = predictor.nearest(pixels, NUM_NEAREST)
    contents = read_files(find_place(root), paths)
    read = [predictor.read(each) for each in contents if isinstance(each, bytes)]
    return [each for each in read if isinstance(each, np.ndarray)]


def find_evidence(
    model: Model, pixels: np.ndarray, classes: dict[str, int]
) -> dict[str, np.ndarray]:
    """Return by how much the log-odds of a class fall by what is covered, by task.

    Args:
        model: the bundle.
        pixels: (S, S, 3) uint8.
        classes: the place of the class to explain, by task.

    Returns:
        (S, S) float64: of each pixel, the mean over the squares that cover it.
    """
    size = len(pixels)
    edges = np.unique(np.linspace(0, size, SQUARES + 1).astype(int))
    # Two steps each, so that every square overlaps its neighbours.
    spans = [slice(a, b) for a, b in zip(edges, edges[2:], strict=False)]
    squares = [(rows, columns) for rows in spans for columns in spans]
    colour = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    whole = model.probabilities(pixels[None])
    falls: dict[str, list[np.ndarray]] = {name: [] for name in classes}
    for start in range(0, len(squares), _AT_ONCE):
        block = squares[start : start + _AT_ONCE]
        covered = np.repeat(pixels[None], len(block), axis=0)
        for picture, square in zip(covered, block, strict=True):
            picture[square] = colour
        found = model.probabilities(covered)
        for name, place in classes.items():
            before, after = whole[name][:, place], found[name][:, place]
            falls[name].append(_log_odds(before) - _log_odds(after))
    times = np.zeros((size, size))
    for square in squares:
        times[square] += 1
    maps = {}
    for name, parts in falls.items():
        total = np.zeros((size, size))
        for square, fall in zip(squares, np.concatenate(parts), strict=True):
            total[square] += fall
        maps[name] = total / np.maximum(times, 1)
    return maps


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    inside = np.clip(probabilities, _LEAST, 1 - _LEAST)
    return np.log(inside / (1 - inside))


def paint(pixels: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Return the picture in grey under its evidence, (S, S, 3) uint8.

    Args:
        pixels: (S, S, 3) uint8.
        evidence: (S, S); the strongest of either sign is painted most.
    """
    strength = evidence / max(float(np.abs(evidence).max()), 1e-12)
    smooth = cv2.GaussianBlur(strength, (0, 0), len(pixels) / 40)
    grey = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    share = np.clip(np.abs(smooth), 0, 1)[..., None] * 0.8
    colours = np.where(smooth[..., None] > 0, np.array(RED), np.array(BLUE))
    return (grey * (1 - share) + colours * share).round().astype(np.uint8)


def encode_png(pixels: np.ndarray) -> bytes:
    """Return the file of a picture, (H, W, 3) uint8."""
    _, content = cv2.imencode(".png", pixels[..., ::-1])
    return content.tobytes()
