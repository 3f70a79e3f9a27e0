"""The data and the first round's answers, as FiftyOne reads them (`FiftyOneDataset`).

Out: a folder with `metadata.json` (the fields), `samples.json` (one sample an image),
an array of features a network, rows in the order of the samples, and a README that says
how to load them. Pictures stay where they are. FiftyOne itself is not needed.

Answers are those of the validation and test images that `predictions.csv` has: what a
model says of images it was fitted to tells nothing.

Source: https://docs.voxel51.com, "FiftyOneDataset"; loaded with FiftyOne 1.22.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headswap import params
from headswap.artifacts.dataset.index import Index, read_index, read_originals
from headswap.artifacts.dataset.split import Split, read_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import read_features
from headswap.artifacts.features.vectors import read_vectors, usable_members
from headswap.artifacts.model.predictions import Predictions, read_predictions
from headswap.artifacts.storage.tables import read_table
from headswap.errors import InputError
from headswap.machine.places import is_stored
from headswap.use.export import _fiftyone_fields as fields
from headswap.use.export._project import FEATURES, PREDICTIONS, PREPARED, SPLIT

OUT = "data/export/fiftyone"
ANSWERS = Path("metrics/predictions.csv")
# Version of the format: FiftyOne brings it to its own, and refuses newer ones.
VERSION = "1.0.0"
_README = """# For FiftyOne

```python
import fiftyone as fo
import numpy as np

folder = {folder}
dataset = fo.Dataset.from_dir(folder, dataset_type=fo.types.FiftyOneDataset)
{features}
session = fo.launch_app(dataset)
```

Fields: `<task>_label`; `<task>_prediction` with its probability and
`<task>_is_right`, of the validation and test images of the first round; `group_name`;
`parts`, one a round. The tag of a sample is its part in the first round.
"""
_FEATURES = 'dataset.set_values("{field}", list(np.load(folder + "/{file}")))'


def export(
    out: str | None = None, model: str = "", pictures: Sequence[str] = ()
) -> None:
    """Write the folder.

    Args:
        out: folder to write; None for `data/export/fiftyone`.
        model: is not read: the answers of the run are exported.
        pictures: are not read: those of the run are exported.

    Raises:
        InputError: a folder of the run is missing.
    """
    _require_run()
    folder = Path(out or OUT)
    folder.mkdir(parents=True, exist_ok=True)
    index, split = read_index(PREPARED), read_split(SPLIT)
    _write(folder / "metadata.json", _metadata(index.tasks))
    _write(folder / "samples.json", {"samples": _samples(index, split)})
    features = read_features(FEATURES, [PREPARED / "images"])
    lines = []
    for member in usable_members(features):
        file = f"features-{member.name}.npy"
        np.save(folder / file, read_vectors(member, features, index))
        field = "features_" + "".join(c if c.isalnum() else "_" for c in member.name)
        lines.append(_FEATURES.format(field=field, file=file))
    readme = _README.format(
        folder=repr(str(folder.resolve())), features="\n".join(lines)
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")
    print(f"{folder}: {len(index.image_ids):,} samples; its README.md says how to load")


def _require_run() -> None:
    needed = (PREPARED, SPLIT, FEATURES, PREDICTIONS, ANSWERS)
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        raise InputError(
            "headswap export fiftyone: the run must have all its files, got none of "
            f"{', '.join(missing)}. Run `dvc repro`, or `dvc checkout` where it was "
            "run before."
        )


def _write(file: Path, content: Mapping[str, Any]) -> None:
    # FiftyOne reads it in the encoding of the system, which may lack letters.
    file.write_text(json.dumps(content), encoding="ascii")


def _metadata(tasks: Sequence[Task]) -> dict[str, Any]:
    made = list(fields.PLAIN)
    for task in tasks:
        made += [
            fields.label(f"{task.name}_label", task.kind == "multilabel"),
            fields.label(f"{task.name}_prediction", task.kind == "multilabel"),
            fields.field(f"{task.name}_is_right", "BooleanField"),
        ]
    return {
        "version": VERSION,
        "media_type": "image",
        "sample_fields": made,
        "classes": {f"{task.name}_label": list(task.class_names) for task in tasks},
        "info": {},
        "tags": [],
    }


def _samples(index: Index, split: Split) -> list[dict[str, Any]]:
    root = params.check(params.load())["data"].root
    if not is_stored(root):
        root = str(Path(root).resolve())
    originals = read_originals(PREPARED)
    samples = [
        {
            "_id": _identity(image_id),
            "_media_type": "image",
            "_rand": int(_digest(image_id, 13), 16) / 16**13,
            "filepath": f"{root}/{index.paths[row]}",
            "tags": [str(split.parts[0, row])],
            "metadata": {
                "_cls": "ImageMetadata",
                "width": int(originals.widths[row]),
                "height": int(originals.heights[row]),
            },
            "image_id": image_id,
            "group_name": str(split.groups[row]),
            "parts": split.parts[:, row].tolist(),
        }
        for row, image_id in enumerate(index.image_ids)
    ]
    for task in index.tasks:
        for sample, cell in zip(samples, index.cells[task.name], strict=True):
            if cell or task.kind == "multilabel":
                key = f"{task.name}_label"
                sample[key] = _label(task, cell, sample["image_id"] + key)
    _add_answers(samples, index, read_predictions(PREDICTIONS, index.tasks))
    return samples


def _add_answers(
    samples: list[dict[str, Any]], index: Index, predictions: Mapping[str, Predictions]
) -> None:
    row_of = {image_id: row for row, image_id in enumerate(index.image_ids)}
    tasks = {task.name: task for task in index.tasks}
    table = read_table(ANSWERS)
    columns = (table[name] for name in ("image_id", "task", "actual", "predicted"))
    for image_id, name, actual, predicted in zip(*columns, strict=True):
        row, key = row_of[image_id], f"{name}_prediction"
        values = predictions[name].probabilities[0, row]
        made = _label(tasks[name], predicted, image_id + key, values)
        samples[row][key] = made
        samples[row][f"{name}_is_right"] = actual == predicted


def _label(
    task: Task, cell: str, key: str, probabilities: np.ndarray | None = None
) -> dict[str, Any]:
    """Return a cell of the index as FiftyOne's label, with its probability if given."""
    made = []
    for name in task.split_cell(cell):
        one: dict[str, Any] = {"_id": _identity(key + name), "label": name}
        one.update(_cls="Classification", tags=[])
        if probabilities is not None:
            one["confidence"] = float(probabilities[task.class_names.index(name)])
        made.append(one)
    if task.kind == "multilabel":
        return {"_cls": "Classifications", "classifications": made}
    return made[0]


def _identity(text: str) -> dict[str, str]:
    """Return an identity of MongoDB's: the same for the same text."""
    return {"$oid": _digest(text, 24)}


def _digest(text: str, letters: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:letters]
