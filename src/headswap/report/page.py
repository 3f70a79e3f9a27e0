"""The report of a run as a page: what is known first, then what it rests on.

In: a run. Out: the text of `report.html`, below 10 MB for any data: lists are cut and
say so, and where they are whole.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headswap.artifacts.features.cache import Features
from headswap.pages.blocks import paragraph, tiles
from headswap.pages.elements import Content, Markup, join
from headswap.pages.page import build_page
from headswap.report.answer_section import answer_section
from headswap.report.calibration_section import calibration_section
from headswap.report.card_section import card_section
from headswap.report.classes_section import classes_section
from headswap.report.confusions_section import confusions_section
from headswap.report.gallery_section import gallery_sections
from headswap.report.ran_section import ran_section
from headswap.report.run import Run
from headswap.report.scores_section import scores_section
from headswap.report.slices_section import slices_section
from headswap.statistics.words import name_of

TITLE = "Report of a run"
# Tasks with a tile of their own.
_MOST_TILES = 6


def build_report(
    run: Run,
    sections: Mapping[str, Any],
    libraries: Mapping[str, str | None],
    prepared: Path,
    features: Features,
) -> str:
    """Return the page.

    Args:
        run: what was run.
        sections: of params.yaml, by name.
        libraries: versions, by name.
        prepared: the prepared folder, for the pictures.
        features: of the pictures.
    """
    shown = [
        answer_section(run, sections["train"].final),
        scores_section(run),
        confusions_section(run),
        *gallery_sections(run, prepared, features),
        calibration_section(run),
        classes_section(run),
        *([slices_section(run)] if run.index.slices else ()),
        ran_section(run, sections, libraries),
        card_section(run, sections),
    ]
    footer = "Made by the stage report of headswap. The same inputs give the same page."
    return build_page(TITLE, _introduction(run), shown, footer)


def _introduction(run: Run) -> Markup:
    networks = ", ".join(each["backbone"] for each in run.networks)
    numbers: list[tuple[str, Content]] = []
    for task in run.index.tasks[:_MOST_TILES]:
        metric = run.primary(task.name)
        if metric is None:
            continue
        entry = run.intervals[task.name]["test"]["scores"][metric]
        value = "none" if entry["value"] is None else f"{entry['value']:.3f}"
        told = f"{task.name.replace('_', ' ')}: {name_of(metric)}"
        if entry["low"] is not None:
            told += f", {entry['low']:.3f} to {entry['high']:.3f}"
        numbers.append((told, value))
    tested = {each.row for rows in run.answers.values() for each in rows}
    rounds = run.split.num_rounds
    numbers += [
        ("round" if rounds == 1 else "rounds", rounds),
        ("test pictures" if rounds == 1 else "test pictures, first round", len(tested)),
        ("of them with a wrong answer", run.num_wrong),
    ]
    return join(
        paragraph(
            f"How well {networks} tells {len(run.index.image_ids):,} pictures apart, "
            "how sure that is, and what it gets wrong.",
            kind="lead",
        ),
        tiles(numbers),
    )
