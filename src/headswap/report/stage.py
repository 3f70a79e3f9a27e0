"""report: a run -> the page that one opens after it.

Out: `report.html`, which needs nothing else. It holds small pictures of the user's, and
so is for DVC's cache and not for git. Nothing depends on it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headswap.artifacts.features.cache import read_features
from headswap.artifacts.storage.tables import PathLike
from headswap.report.page import build_report
from headswap.report.run import read_run


def write_report(
    sections: Mapping[str, Any],
    inputs: PathLike,
    prepared: PathLike,
    split: PathLike,
    features: PathLike,
    predictions: PathLike,
    metrics: PathLike,
    output: PathLike,
) -> None:
    """Write the page.

    Args:
        sections: of params.yaml, by name.
        inputs: the stage's file of `check`: versions of libraries.
        prepared: the prepared folder.
        split: the split folder.
        features: the features folder.
        predictions: the predictions folder.
        metrics: the folder of figures.
        output: file to write.
    """
    run = read_run(prepared, split, features, predictions, metrics)
    libraries = json.loads(Path(inputs).read_text(encoding="utf-8"))["libraries"]
    # Whether a member is pixels alone is asked, and they are those of the pictures.
    cached = read_features(features, [Path(prepared) / "images"])
    page = build_report(run, sections, libraries, Path(prepared), cached)
    file = Path(output)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8")
    print(f"{file}: {len(page) / 1e6:.1f} MB; `headswap report` opens it")
