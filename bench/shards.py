"""Raw pixels in shards, or compressed ones: bytes, time, and the change in features.

On the photographs of monuments at 224 px, with `efficientnet_lite0`. The change is that
of a picture's features, as a share of their distance from those of the picture that is
nearest; times are processor time, over all cores.
"""

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from bench.report import Figure
from bench.workspace import MONUMENTS, Workspace

# isort: split
import stages  # noqa: F401  (it puts src on the path)
from headswap import params
from headswap.artifacts.storage.arrays import Rows

BACKBONE, SIZE = "efficientnet_lite0", 224
# As OpenCV writes them; WebP without loss from a quality of 101 on.
FORMATS = {
    "PNG": (".png", []),
    "WebP, lossless": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
    "WebP, quality 90": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 90]),
    "JPEG, quality 95": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95]),
    "JPEG, quality 90": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 90]),
}


def measure() -> list[Figure]:
    """Return size, decoding and change of every format."""
    with TemporaryDirectory() as folder:
        workspace = Workspace(
            Path(folder) / "work",
            {
                "data": {"root": str(MONUMENTS), "levels": ["category", "landmark"]},
                "prepare": {"image_size": SIZE, "resize": "squash"},
            },
        )
        workspace.run("prepare")
        images = Rows([workspace.folder / "data" / "prepared" / "images"])
        pictures = images[np.arange(len(images))]
    cv2.setNumThreads(1)
    compute = _network()
    network_ms, features = _timed(partial(compute, pictures))
    nearest = _to_the_nearest(features)
    raw = pictures[0].nbytes
    figures = [Figure("raw pixels", f"{raw / 1000:.0f} kB", "", "", "")]
    for name, (extension, options) in FORMATS.items():
        encoding, contents = _timed(partial(_encode, pictures, extension, options))
        decoding, decoded = _timed(partial(_decode, contents))
        change = np.linalg.norm(compute(decoded) - features, axis=1) / nearest
        size = float(np.mean([len(each) for each in contents]))
        figures += [
            Figure(
                f"{name}: size",
                f"{size / 1000:.1f} kB",
                f"{raw / 1000:.0f} kB",
                f"{raw / size:.1f}x",
                "",
            ),
            Figure(
                f"{name}: decoding (encoding)",
                f"{decoding:.2f} ({encoding:.1f}) ms",
                f"{network_ms:.2f} ms of the network",
                f"{100 * decoding / network_ms:.0f} %",
                "",
            ),
            Figure(
                f"{name}: change in features",
                f"{np.median(change):.3f} of the way to the nearest",
                f"{np.quantile(change, 0.95):.3f} at the 95th percentile",
                "",
                "",
            ),
        ]
    return figures


def _network() -> Callable[[np.ndarray], np.ndarray]:
    from headswap.machine.backend import set_up_backend, start_keras

    start_keras("tensorflow")
    set_up_backend(tf32=False, one_thread=False)
    from headswap.engines import openvino as engine
    from headswap.features.network import build_network

    backbone = dataclasses.replace(params.read("backbone"), name=BACKBONE)
    network = build_network(backbone.networks[0], backbone, SIZE)
    run = engine.load(lambda: network, 1, "float32", lambda names, make: make())
    return lambda pictures: np.stack(list(run(iter(pictures))))


def _encode(pictures: np.ndarray, extension: str, options: list[int]) -> np.ndarray:
    files = np.empty(len(pictures), object)
    for number, picture in enumerate(pictures):
        _, files[number] = cv2.imencode(extension, picture[..., ::-1], options)
    return files


def _decode(files: np.ndarray) -> np.ndarray:
    decoded = [np.asarray(cv2.imdecode(each, cv2.IMREAD_COLOR)) for each in files]
    return np.stack(decoded)[..., ::-1]


def _to_the_nearest(features: np.ndarray) -> np.ndarray:
    squares = (features**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * features @ features.T
    np.fill_diagonal(distances, np.inf)
    return np.sqrt(np.maximum(distances.min(axis=1), 0))


def _timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the milliseconds an item that work takes, and its items."""
    start = time.process_time()
    made = work()
    return 1000 * (time.process_time() - start) / len(made), made
