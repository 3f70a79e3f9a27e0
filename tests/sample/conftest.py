"""The package that draws the sample set, and the whole set, drawn once."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def sample_folder(repository: Path) -> Path:
    """The folder that holds the package; dvc.yaml runs it from there."""
    return repository / "data" / "sample"


@pytest.fixture(scope="session")
def sample(sample_folder: Path) -> Iterator[Callable[[str], ModuleType]]:
    """sample(name): a module of the package `draw`, which is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(sample_folder)
        yield lambda name: importlib.import_module(f"draw.{name}")


@pytest.fixture(scope="session")
def drawn(
    sample: Callable[[str], ModuleType], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder with the whole set."""
    folder = tmp_path_factory.mktemp("sample") / "new" / "pictures"
    sample("files").draw_set(folder)
    return folder
