"""The data report as a page: what the data is, and what looks wrong in it.

In: what was found. Out: the text of `data.html`, below 5 MB for any data: lists are cut
and say so, and where they are whole.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headswap.artifacts.dataset.split import PARTS
from headswap.inspect.found import Found, class_counts, kind_of_reason
from headswap.inspect.groups_sections import (
    conflicts_section,
    leaks_section,
    near_section,
    same_section,
)
from headswap.inspect.pictures import Pictures
from headswap.inspect.suspects import Suspect
from headswap.inspect.suspects_section import suspects_section
from headswap.pages.blocks import paragraph, table, tiles
from headswap.pages.cells import Cell, Share
from headswap.pages.elements import join
from headswap.pages.page import Section, build_page

TITLE = "Data report"
# Classes a table shows, and tasks that have one.
MAX_CLASSES, MAX_TASKS = 200, 12


@dataclass(frozen=True)
class Judged:
    """What heads say of the labels.

    Attributes:
        networks: whose features they were fitted to; none, where none can be used.
        suspects: of all tasks.
    """

    networks: tuple[str, ...]
    suspects: list[Suspect]


def build_report(
    found: Found, numbers: dict[str, Any], judged: Judged, prepared: Path
) -> str:
    """Return the page.

    Args:
        found: what the stages before have found out.
        numbers: those of `data.json`.
        judged: what heads say of the labels.
        prepared: the prepared folder, for the pictures.
    """
    pictures = Pictures(found, prepared)
    # In the order of their use to a reader: these get the room for pictures first.
    suspects = suspects_section(found, judged.networks, judged.suspects, pictures)
    sections = [
        _classes(found),
        _files(found),
        _rejected(found),
        conflicts_section(found, pictures),
        same_section(found, pictures),
        near_section(found, pictures),
        leaks_section(found, pictures),
        suspects,
    ]
    summary = [
        ("pictures", found.num_images),
        ("classes", sum(numbers["classes"].values())),
        ("files rejected", len(found.rejected)),
        ("files under two classes", len(found.conflicts)),
        ("duplicates", numbers["duplicates"]),
        ("near-duplicate pairs", numbers["near_duplicates"]),
        ("files in several given parts", numbers["leaks"]),
    ]
    if judged.networks:
        summary.append(("suspect labels", len(judged.suspects)))
    introduction = join(
        paragraph(
            "What is in the data, and what in it is worth a look. Nothing here was "
            "changed or removed by this report.",
            kind="lead",
        ),
        tiles(summary),
    )
    networks = ", ".join(judged.networks) or "none"
    footer = (
        f"Made by the stage inspect of headswap. Networks that suspects come from: "
        f"{networks}. All else depends on no network."
    )
    return build_page(TITLE, introduction, sections, footer)


def _classes(found: Found) -> Section:
    parts, tasks = found.split.parts[0], found.index.tasks
    tables = []
    for task in tasks[:MAX_TASKS]:
        counts = class_counts(found, task.name)
        targets = task.targets(found.index.cells[task.name])
        by_part = [targets.counts(parts == part) for part in PARTS]
        order = np.arange(len(counts))
        caption = f"{task.name}: {len(counts):,} classes"
        if len(counts) > MAX_CLASSES:
            order = np.argsort(counts, kind="stable")[:MAX_CLASSES]
            caption += f", the {MAX_CLASSES} smallest"
        rows: list[tuple[Cell, ...]] = [
            (
                task.class_names[i],
                Share(int(counts[i]), int(counts.max())),
                *(int(each[i]) for each in by_part),
            )
            for i in order
        ]
        tables.append(table(caption, ["class", "pictures", *PARTS], rows))
    if len(tasks) > MAX_TASKS:
        tables.append(paragraph(f"And {len(tasks) - MAX_TASKS} more tasks."))
    rounds = found.split.num_rounds
    told = (
        "Parts are those of the only round."
        if rounds == 1
        else (f"Parts are those of the first of {rounds} rounds.")
    )
    groups = len(np.unique(found.split.groups))
    told += (
        f" {found.num_images:,} pictures are in {groups:,} groups that stay together."
    )
    return Section("classes", "Classes and parts", join(paragraph(told), *tables))


def _files(found: Found) -> Section:
    files = found.originals
    sides: list[tuple[Cell, ...]] = [
        (name, *(int(each) for each in np.percentile(values, (0, 25, 50, 75, 100))))
        for name, values in (
            ("width", files.widths),
            ("height", files.heights),
            ("shorter side", np.minimum(files.widths, files.heights)),
        )
    ]
    formats = Counter(files.formats).most_common()
    body = join(
        table(
            "Sides of the original pictures, in pixels",
            [
                "side",
                "smallest",
                "lower quarter",
                "median",
                "upper quarter",
                "largest",
            ],
            sides,
        ),
        table(
            "Formats, whatever the names of the files say",
            ["format", "pictures"],
            [(name, Share(number, formats[0][1])) for name, number in formats],
        ),
    )
    return Section("files", "Sizes and formats", body)


def _rejected(found: Found) -> Section:
    if not found.rejected:
        body = paragraph("Every file that has a label is used.")
    else:
        reasons = Counter(kind_of_reason(reason) for _, reason in found.rejected)
        kinds = reasons.most_common()
        body = join(
            paragraph("These files were left out; everything else is used."),
            table(
                "Why files were left out",
                ["reason", "files"],
                [(name, Share(number, kinds[0][1])) for name, number in kinds],
            ),
            table(
                "Every file left out",
                ["file", "reason"],
                found.rejected,
                "See data/prepared/rejected.csv.",
            ),
        )
    return Section("rejected", "Rejected files", body)
