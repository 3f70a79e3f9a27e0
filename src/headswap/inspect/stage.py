"""inspect: the data as prepared, split and cached -> what looks wrong in it.

Out: `data.json`, counts for git and `dvc metrics diff`; `data.html`, a page that needs
nothing else; `suspects.csv`, every label that is contradicted, as `data.corrections`
takes it once somebody has looked. Nothing depends on them, and nothing is removed.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from headswap.artifacts.features.cache import read_features
from headswap.artifacts.features.vectors import usable_members
from headswap.artifacts.storage.tables import PathLike, write_table
from headswap.inspect.found import Found, count, read_found
from headswap.inspect.report import Judged, build_report
from headswap.inspect.suspects import Suspect, find_suspects

CORRECTIONS = ["path", "action", "task", "class", "reason"]


def inspect_data(
    prepared: PathLike,
    split: PathLike,
    features: PathLike,
    leaks: PathLike,
    counts: PathLike,
    page: PathLike,
    suspects: PathLike,
) -> None:
    """Write what there is to know of the data.

    Args:
        prepared: the prepared folder.
        split: the split folder.
        features: the features folder.
        leaks: `leaks.csv` of the split.
        counts: file for the counts.
        page: file for the page.
        suspects: file for the suspects.
    """
    found = read_found(prepared, split, leaks)
    judged = _judge(found, prepared, features)
    numbers = count(found)
    if judged.networks:
        numbers["suspects"] = {
            task.name: sum(each.task == task.name for each in judged.suspects)
            for task in found.index.tasks
        }
    for file in map(Path, (counts, page, suspects)):
        file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(numbers, indent=2, ensure_ascii=False)
    Path(counts).write_text(text + "\n", encoding="utf-8")
    write_table(suspects, CORRECTIONS, _corrections(found, judged.suspects))
    report = build_report(found, numbers, judged, Path(prepared))
    Path(page).write_text(report, encoding="utf-8")
    print(
        f"inspect: {len(found.rejected)} files rejected, {numbers['duplicates']} "
        f"duplicates, {numbers['leaks']} leaks, {len(judged.suspects)} suspect labels; "
        f"see {page}"
    )


def _judge(found: Found, prepared: PathLike, features: PathLike) -> Judged:
    # Whether a member is pixels alone is asked, and they are those of the pictures.
    cached = read_features(features, [Path(prepared) / "images"])
    networks = tuple(member.name for member in usable_members(cached))
    if not networks:
        return Judged((), [])
    return Judged(networks, find_suspects(cached, found.index, found.split.groups))


def _corrections(
    found: Found, suspects: Sequence[Suspect]
) -> list[tuple[str, str, str, str, str]]:
    """Return the rows of `suspects.csv`.

    What to do is left open: that is for somebody who has looked.
    """
    rows: dict[tuple[int, str], tuple[str, str, str, str, str]] = {}
    for each in suspects:
        reason = (
            f"labelled {each.label}, looks like {each.likely}, probability of the "
            f"label {each.probability:.3f}"
        )
        key = each.row, each.task
        if key in rows:
            # With several labels, several of them may be contradicted.
            reason = f"{rows[key][-1]}; {reason}"
        rows[key] = (found.index.paths[each.row], "", each.task, each.cell, reason)
    return list(rows.values())
