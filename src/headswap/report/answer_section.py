"""What is known of one run, in words."""

from collections.abc import Iterator
from typing import Any

from headswap.artifacts.bundle.caveats import FIGURES_OF
from headswap.pages.blocks import paragraph
from headswap.pages.elements import Markup, element
from headswap.pages.page import Section
from headswap.params.train import FIRST
from headswap.report.run import Run
from headswap.statistics.relevance import RELEVANT_DIFFERENCE
from headswap.statistics.words import (
    state_power,
    state_score,
    warn_of_validation,
)

# Classes with fewer test images say next to nothing by themselves.
_FEW_OF_A_CLASS = 10


def answer_section(run: Run, final: str) -> Section:
    """Return the section.

    Args:
        run: what was run.
        final: which model is kept, `train.final`.
    """
    scores = [
        element("li", sentence, class_="main-word") for sentence in stated_scores(run)
    ]
    if not scores:
        return Section("answer", "What is known", _nothing())
    about = () if final == FIRST else (FIGURES_OF[final],)
    rest = [element("li", sentence) for sentence in (*about, *how_sure(run))]
    body = element("ul", *scores, *rest, class_="words")
    return Section("answer", "What is known", body)


def _nothing() -> Markup:
    return paragraph("No test image has a label, so nothing is known of this run.")


def stated_scores(run: Run) -> Iterator[str]:
    """Yield the score to state of each task that was tested."""
    for task in run.tested:
        yield state_score(task, run.primary(task) or "", run.intervals[task]["test"])


def how_sure(run: Run) -> Iterator[str]:
    """Yield what these scores rest on; nothing in it compares with another run."""
    for task in run.tested:
        yield from _power(task, run.intervals[task]["test"])
        yield from _weakest(run, task)
    if run.split.num_rounds == 1:
        yield (
            "This is one split: how much the figures hang on the split is not known. "
            "split.repeats=3 or more says it."
        )
    images = [
        run.intervals[task]["validation"]["images"]
        for task in run.tested
        if "validation" in run.intervals[task]
    ]
    if not images:
        yield "No validation image has a label: nothing was there to choose by."
    elif weak := warn_of_validation(min(images)):
        yield (
            f"Among runs, validation chooses. {weak}"
            if run.split.num_rounds > 1
            else f"Among runs, validation chooses. {weak.replace(' a round', '')}"
        )
    yield (
        "Test images chose nothing in this run. Whoever chooses among runs by these "
        "scores makes them too high; headswap compare chooses by validation."
    )


def _power(task: str, part: dict[str, Any]) -> Iterator[str]:
    share = part["scores"].get("accuracy") or part["scores"].get("exact_match")
    if share is None or share["value"] is None:
        return
    one = 1 / max(part["images"], 1)
    yield (
        f"One test image of {task} is {one:.3f} of the share right. "
        + state_power(share["value"], part["groups"], RELEVANT_DIFFERENCE)
    )


def _weakest(run: Run, task: str) -> Iterator[str]:
    """Yield which class is found worst, where any is worse than the others."""
    found = [
        (float(value), name, float(support))
        for name, value, support in class_scores(run, task, "f1")
        if value
    ]
    if len(found) < 2:
        return
    score, name, support = min(found)
    if score == max(found)[0]:
        return
    yield (
        f"Weakest class of {task}: {name}, F1 {score:.2f} on {support:g} test images"
        + (", too few to be sure of." if support < _FEW_OF_A_CLASS else ".")
    )


def class_scores(run: Run, task: str, metric: str) -> list[tuple[str, str, str]]:
    """Return (class, score, images) of the test part, as `classes.csv` has them."""
    table = run.classes
    columns = (table[name] for name in ("task", "part", "class", metric, "support"))
    return [
        (name, value, support)
        for of_task, part, name, value, support in zip(*columns, strict=True)
        if of_task == task and part == "test"
    ]
