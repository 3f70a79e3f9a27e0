"""What was run: parameters, seeds, counts, networks, libraries.

Seconds are left out: the same inputs would no longer give the same page.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from headswap import params
from headswap.artifacts.dataset.split import PARTS
from headswap.pages.blocks import heading, paragraph, table
from headswap.pages.cells import Cell, Written
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section
from headswap.report.run import Run

# A copy of params.yaml as the project comes with it.
DEFAULTS = Path(__file__).with_name("defaults.yaml")


def ran_section(
    run: Run, sections: Mapping[str, Any], libraries: Mapping[str, str | None]
) -> Section:
    """Return the section.

    Args:
        run: what was run.
        sections: of params.yaml, by name.
        libraries: versions, by name.
    """
    body = join(
        _parameters(sections),
        _images(run),
        _networks(run),
        heading("Libraries"),
        table(
            "Versions the figures come from",
            ["library", "version"],
            [(name, made or "not installed") for name, made in libraries.items()],
        ),
    )
    return Section("ran", "What was run", body)


def _parameters(sections: Mapping[str, Any]) -> Markup:
    ours = _flat({name: asdict(section) for name, section in sections.items()})
    usual = _flat(params.load(DEFAULTS))
    changed: list[tuple[Cell, ...]] = [
        (name, value, usual.get(name, ""))
        for name, value in ours.items()
        if value != usual.get(name)
    ]
    seeds = [(name, value) for name, value in ours.items() if name.endswith(".seed")]
    return join(
        heading("Parameters"),
        table(
            f"{len(changed)} of {len(ours)} parameters are not the default",
            ["parameter", "here", "default"],
            changed,
        )
        if changed
        else paragraph(f"All {len(ours)} parameters have their defaults."),
        paragraph(
            "Seeds: " + ", ".join(f"{name} {value}" for name, value in seeds) + "."
        ),
    )


def _flat(values: Any, prefix: str = "") -> dict[str, str]:
    """Return parameters as JSON, by dotted names; lists and empty mappings whole."""
    if isinstance(values, float) and values.is_integer():
        # 15 and 15.0 are one number.
        values = int(values)
    if not isinstance(values, Mapping) or not values:
        return {prefix: json.dumps(values, ensure_ascii=False)}
    found: dict[str, str] = {}
    for key, value in values.items():
        found.update(_flat(value, f"{prefix}.{key}" if prefix else str(key)))
    return found


def _images(run: Run) -> Markup:
    rounds = run.split.rounds
    rows: list[tuple[Cell, ...]] = [
        (
            part,
            Written(f"{_mean([made.images[part] for made in rounds]):g}"),
            Written(f"{_mean([made.groups[part] for made in rounds]):g}"),
        )
        for part in PARTS
    ]
    caption = f"{len(run.index.image_ids):,} images" + (
        ", one round" if len(rounds) == 1 else f", means of {len(rounds)} rounds"
    )
    return join(
        heading("Images and groups"), table(caption, ["part", "images", "groups"], rows)
    )


def _mean(values: list[int]) -> float:
    return round(sum(values) / len(values), 1)


def _networks(run: Run) -> Markup:
    rows: list[tuple[Cell, ...]] = [
        (
            each["backbone"],
            f"{each['image_size']} pixels",
            each["cut_after"] or "the pixels",
            each["parameters_below"],
            each["parameters_trained"],
            f"{each['engine']} on {each['device']}",
        )
        for each in run.networks
    ]
    header = ["network", "pictures", "cut after", "frozen", "trained", "features by"]
    cost = run.cost
    caption = (
        f"In all {cost['parameters']:,} parameters, {cost['megabytes']:,.1f} MB, "
        f"{cost['million_multiply_adds']:,.0f} million multiplications a picture"
    )
    return join(heading("Networks"), table(caption, header, rows))
