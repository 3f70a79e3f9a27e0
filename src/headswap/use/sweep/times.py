"""How long experiments will take, from how long others took on this machine.

Kept in `.headswap/sweep/times.json` of the project, which git ignores. What nobody has
measured is unknown, and said to be.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from headswap import params
from headswap.machine.speeds import find_speed, speed_of_network
from headswap.machine.store import Store, open_store

FILE = Path(".headswap/sweep/times.json")
_MOST_KEPT = 500
# The parameters that features depend on.
_SECTIONS = ("data", "prepare", "augment", "keras", "features")
_OF_BACKBONE = ("name", "weights", "image_size", "pooling", "unfreeze")


@dataclass(frozen=True)
class Forecast:
    """How long experiments will take.

    Attributes:
        seconds: of those whose time is known, one after the other.
        num_unknown: of the others.
        new: networks whose features no run here has computed yet, and the pictures
            a second that were measured elsewhere, None where nobody has.
        known: networks whose features have been computed.
    """

    seconds: float
    num_unknown: int
    new: dict[str, float | None]
    known: tuple[str, ...]


def features_key(sections: Mapping[str, Any]) -> str:
    """Return what tells apart the features of two experiments."""
    backbone = {key: sections["backbone"].get(key) for key in _OF_BACKBONE}
    return _hash([backbone, *(sections.get(name) for name in _SECTIONS)])


def _heads_key(sections: Mapping[str, Any]) -> str:
    train = {k: v for k, v in sections["train"].items() if k not in ("order", "seed")}
    others = [sections["backbone"], sections["split"], train]
    return _hash([features_key(sections), *others])


def _hash(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]


class Times:
    """What was measured in a project.

    Args:
        root: the folder that holds dvc.yaml.
    """

    def __init__(self, root: Path):
        self._path = root / FILE
        self._rows: list[dict[str, Any]] = []
        # When the first of this call ended that had these features.
        self._first_ends: dict[str, float] = {}
        with suppress(OSError, ValueError):
            self._rows = json.loads(self._path.read_text(encoding="utf-8"))

    def add(self, sections: Mapping[str, Any], began: float, ended: float) -> None:
        """Keep how long an experiment took.

        Args:
            sections: its params.yaml.
            began: in seconds.
            ended: likewise.
        """
        features = features_key(sections)
        if all(each["features"] != features for each in self._rows):
            self._first_ends[features] = ended
        row = {
            "features": features,
            "heads": _heads_key(sections),
            "seconds": round(ended - began, 1),
            # It computed the features that others found, or waited for them.
            "is_first": began < self._first_ends.get(features, began),
        }
        self._rows = [*self._rows, row][-_MOST_KEPT:]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._rows, indent=1)
        self._path.write_text(f"{text}\n", encoding="utf-8")

    def forecast(self, experiments: Sequence[Mapping[str, Any]]) -> Forecast:
        """Return how long experiments will take.

        Args:
            experiments: params.yaml of each.
        """
        # Where the store was cleared, all is computed anew.
        with open_store() as store:
            is_stored = any(x.kind == "features" and x.rows for x in store.usage())
            speeds = {_network(x): _speed(store, x) for x in experiments}
        done = {row["features"] for row in self._rows} if is_stored else set()
        known: dict[str, None] = {}
        new: dict[str, float | None] = {}
        seconds = []
        for sections in experiments:
            key = features_key(sections)
            name = _network(sections)
            if key in done:
                known[name] = None
            else:
                new[name] = speeds[name]
            seconds.append(self._seconds(sections) if key in done else None)
        found = [each for each in seconds if each is not None]
        num_unknown = len(seconds) - len(found)
        return Forecast(sum(found), num_unknown, new, tuple(known))

    def _seconds(self, sections: Mapping[str, Any]) -> float | None:
        """Return the mean of those that did the same, or had the same features."""
        for kind, key in (
            ("heads", _heads_key(sections)),
            ("features", features_key(sections)),
        ):
            rows = [row for row in self._rows if row[kind] == key]
            rows = [row for row in rows if not row["is_first"]] or rows
            if rows:
                return float(sum(row["seconds"] for row in rows) / len(rows))
        return None


def _speed(store: Store, sections: Mapping[str, Any]) -> float | None:
    """Return the pictures a second through all networks of an experiment."""
    checked = params.check(sections)
    options = checked["features"]
    found = [
        find_speed(
            store,
            speed_of_network(
                network.source,
                network.image_size or checked["prepare"].image_size,
                checked["backbone"].unfreeze,
                options.engine,
                options.precision,
            ),
        )
        for network in checked["backbone"].networks
    ]
    known = [speed for speed in found if speed is not None]
    if len(known) < len(found):
        return None
    return 1 / (len(options.views) * sum(1 / speed for speed in known))


def _network(sections: Mapping[str, Any]) -> str:
    backbone = sections["backbone"]
    names = backbone["name"]
    name = "+".join(names) if isinstance(names, list) else str(names)
    cut = backbone["unfreeze"]
    return f"{name} below {cut}" if cut else name


def in_words(forecast: Forecast, jobs: int, num_files: int) -> list[str]:
    """Return what is to be said of it before anything starts.

    Args:
        forecast: of the experiments to run.
        jobs: how many at a time.
        num_files: that may be pictures, 0 if unknown.
    """
    lines = []
    if forecast.known:
        names = ", ".join(forecast.known)
        lines.append(
            f"Features of {names}: computed before; they cost nothing, unless code or "
            "weights are others since."
        )
    of_features = 0.0
    for name, speed in forecast.new.items():
        how_fast = "how fast that is, nobody has measured here yet"
        if speed is not None:
            how_fast = f"{speed:.3g} a second, as measured before"
            if num_files:
                of_features += num_files / speed
                at_most = how_long(num_files / speed)
                how_fast += f": at most {at_most} for {num_files:,} files"
        lines.append(
            f"Features of {name}: new; each picture goes through it once, {how_fast}."
        )
    if forecast.seconds:
        about = how_long(forecast.seconds / jobs + of_features)
        unknown = forecast.num_unknown
        rest = f"; that of {unknown} others is unknown" if unknown else ""
        lines.append(f"Time, by earlier runs: about {about}{rest}.")
    else:
        beyond = "Time beyond that" if of_features else "Time"
        lines.append(
            f"{beyond}: unknown until the first has ended; the bar says it then."
        )
    return lines


def how_long(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
