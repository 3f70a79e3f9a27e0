"""Tiny pictures, folders of them and parameter sections; nothing needs a network."""

import dataclasses
import functools
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from headswap import params
from tests import survived

settings.register_profile(
    "headswap", deadline=None, max_examples=25, derandomize=True, database=None
)
settings.load_profile("headswap")


def pytest_addoption(parser):
    parser.addoption("--survived", action="store_true", help=survived.write.__doc__)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Count what is tried, before tests are left out; the longest modules begin.

    So no worker ends long after the others.
    """
    survived.note(items)
    is_whole = survived.is_whole(items) and not config.option.keyword
    config.stash[survived.TABLE] = survived.table(items) if is_whole else None
    if config.option.survived and is_whole:
        survived.write(config.stash[survived.TABLE])
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def pytest_terminal_summary(terminalreporter):
    """Say what was tried and survived, by kind, from all processes."""
    passed = [
        each
        for each in terminalreporter.stats.get("passed", [])
        if getattr(each, "when", None) == "call"
    ]
    found = survived.count(passed)
    if found:
        terminalreporter.section("survived")
    for kind, number in [*found.items(), *sorted(survived.told(passed).items())]:
        terminalreporter.write_line(f"{number:6,} {kind}")


@pytest.fixture(name="survived")
def tell_survived(record_property):
    """survived(kind): one more of what was tried and survived, for the summary."""
    return functools.partial(record_property, survived.TOLD)


@pytest.fixture(scope="session", autouse=True)
def store_of_the_tests(tmp_path_factory):
    """Keeps the tests away from the store of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADSWAP_CACHE", str(tmp_path_factory.mktemp("store")))
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds dvc.yaml."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def section(repository):
    """section(name, **changes): a section of params.yaml with some values changed."""

    @functools.cache
    def default(name):
        return params.read(name, repository / "params.yaml")

    def make(name, /, **changes):
        return dataclasses.replace(default(name), **changes)

    return make


@pytest.fixture(scope="session")
def inputs_of_prepare(tmp_path_factory):
    """What `check` writes for prepare, where its parameters name no file."""
    file = tmp_path_factory.mktemp("inputs") / "prepare.json"
    file.write_text('{"files": {}, "libraries": {"pillow": "13"}}')
    return file


@pytest.fixture(scope="session")
def encode():
    """encode(picture, file_format, **options): a picture as the bytes of a file."""

    def make(picture, file_format="PNG", **options):
        image = picture if isinstance(picture, Image.Image) else as_image(picture)
        file = io.BytesIO()
        image.save(file, file_format, **options)
        return file.getvalue()

    return make


def as_image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels)


@pytest.fixture(scope="session")
def quarters():
    """A picture no flip or turn leaves as it is: (48, 64, 3) uint8, four colours."""
    pixels = np.empty((48, 64, 3), np.uint8)
    pixels[:24, :32] = [220, 30, 30]
    pixels[:24, 32:] = [30, 200, 30]
    pixels[24:, :32] = [30, 30, 220]
    pixels[24:, 32:] = [230, 230, 60]
    pixels.flags.writeable = False
    return pixels


@pytest.fixture(scope="session")
def draw():
    """draw(seed, height, width): a picture of its own for every seed, uint8."""

    def make(seed, height=20, width=30):
        random = np.random.default_rng(seed)
        return random.integers(0, 256, (height, width, 3), np.uint8)

    return make


@pytest.fixture
def write_picture(draw, encode):
    """write_picture(path, seed): a PNG of its own, and the folders above it."""

    def write(path, seed, **options):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(draw(seed), **options))

    return write


@pytest.fixture
def pictures(tmp_path, write_picture):
    """A folder with 2 categories of 2 landmarks of 3 pictures, all different."""
    root = tmp_path / "pictures"
    for number in range(12):
        category, landmark = f"category{number // 6}", f"landmark{number // 3}"
        write_picture(root / category / landmark / f"{number:02}.png", number)
    return root
