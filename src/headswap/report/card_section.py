"""The model card.

Source: Mitchell and others (2019), "Model Cards for Model Reporting", whose nine
headings these are.
"""

from collections.abc import Mapping
from typing import Any

from headswap.artifacts.bundle.caveats import ANYTHING_ELSE, FIGURES_OF, UNSEEN
from headswap.pages.elements import element
from headswap.pages.page import Section
from headswap.report.run import Run
from headswap.statistics.words import name_of, state_score

# Classes that are named; more would be a list that nobody reads.
_MOST_CLASSES = 30


def card_section(run: Run, sections: Mapping[str, Any]) -> Section:
    """Return the section.

    Args:
        run: what was run.
        sections: of params.yaml, by name.
    """
    networks = ", ".join(each["backbone"] for each in run.networks)
    train = sections["train"]
    primary = {name_of(run.primary(name) or "") for name in run.tested}
    figures = [
        state_score(name, run.primary(name) or "", run.intervals[name]["test"])
        for name in run.tested
    ]
    parts = {
        part: sum(made.images[part] for made in run.split.rounds)
        / len(run.split.rounds)
        for part in ("train", "test")
    }
    source = f"{len(run.index.image_ids):,} images of {sections['data'].root}"
    facts = [
        (
            "Model details",
            f"Features of {networks}, and heads made by headswap "
            f"(train.strategy={train.strategy}). Licence and weights are those of the "
            "networks.",
        ),
        ("Intended use", f"To tell apart {_classes(run)}. {ANYTHING_ELSE}"),
        (
            "Factors",
            "Scores of every class are on this page. What else the pictures differ "
            "in, such as camera, place or season, is judged only as far as the data "
            "says it.",
        ),
        (
            "Metrics",
            f"{' and '.join(sorted(primary)) or 'None'} decides; all others are "
            "listed under scores, each with an interval of 95 %.",
        ),
        (
            "Evaluation data",
            f"{parts['test']:.0f} images a round of {source}. {UNSEEN}",
        ),
        ("Training data", f"{parts['train']:.0f} images a round of the same source."),
        (
            "Quantitative analyses",
            " ".join([*figures, FIGURES_OF[train.final]]),
        ),
        (
            "Ethical considerations",
            "Not known to the program: whether people are shown, whether they agreed, "
            "and what a wrong answer does to somebody. Say so before others use it.",
        ),
        (
            "Caveats and recommendations",
            "Figures hold for pictures from where these come from. Look at the "
            "pictures it gets wrong, and at data.html, before you trust them.",
        ),
    ]
    items = (
        element("div", element("dt", name), element("dd", text)) for name, text in facts
    )
    return Section("card", "Model card", element("dl", *items, class_="facts"))


def _classes(run: Run) -> str:
    found = []
    for task in run.index.tasks:
        names = ", ".join(task.class_names[:_MOST_CLASSES])
        more = task.num_classes - _MOST_CLASSES
        ending = f" and {more:,} more" if more > 0 else ""
        found.append(f"{task.name} ({names}{ending})")
    return "; ".join(found)
