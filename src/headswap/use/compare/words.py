"""The answer as text: a table, and sentences."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from headswap.artifacts.storage.markdown import literal
from headswap.errors import one_line
from headswap.statistics.words import state_score, warn_of_validation
from headswap.use.compare.answer import Answer
from headswap.use.compare.differences import Difference
from headswap.use.compare.table import over_rounds, table, telling_parameters


def sentences(answer: Answer) -> Iterator[str]:
    """Yield the answer in words."""
    run = answer.chosen
    scores = run.of_rounds("validation")
    what = " and ".join(
        f"{(run.primary(t) or '').replace('_', ' ')} of {t}" for t in run.tasks
    )
    rounds = "one split" if len(scores) == 1 else f"{len(scores)} rounds"
    mean = "the mean of " if len(run.tasks) > 1 else ""
    yield (
        f"Chosen: {run.name}, by the highest validation score ({mean}{what}), "
        f"{scores.mean():.3f} on {rounds}."
    )
    images = min(run.intervals[task]["validation"]["images"] for task in run.tasks)
    if weak := warn_of_validation(images):
        yield weak
    yield from _told_apart(answer)
    yield from _stated(answer)
    if answer.shown is not None and answer.disagreeing is not None:
        yield (
            f"The next run is right where the chosen one is wrong, or the reverse, for "
            f"{answer.disagreeing:.1%} of the test images. {answer.groups:.0f} test "
            f"groups show a difference of {answer.shown:.3f} in four tests of five; "
            f"one of {answer.delta:g} takes {answer.needed:,}."
        )
    _, along = telling_parameters(answer.runs)
    if along:
        yield f"Along with what the table names differ: {', '.join(along)}."


def _told_apart(answer: Answer) -> Iterator[str]:
    same = [r for r in answer.runs[1:] if r.name in answer.validation]
    untested = [r.name for r in same if answer.validation[r.name].p is None]
    if untested:
        yield f"Not tested: {', '.join(untested)}. {_why_untested(answer, untested)}"
    undecided = [each.name for each in answer.undecided]
    worse = len(answer.worse)
    if undecided:
        yield (
            f"Not told apart from it by validation: {', '.join(undecided)}"
            + (f". Worse: {worse} of {len(same)} others." if worse else ".")
        )
    elif worse:
        who = "The other is" if worse == 1 else f"All {worse} others are"
        yield f"{who} worse, more than chance explains."
    little = [
        each.name
        for each in answer.worse
        if abs(answer.validation[each.name].value) < answer.delta
    ]
    if little:
        yield (
            f"Worse by less than {answer.delta:g}, the difference that matters "
            f"(--delta): {', '.join(little)}."
        )
    cheapest = answer.cheapest
    if cheapest is not answer.chosen and (
        cheapest.cost["million_multiply_adds"]
        < answer.chosen.cost["million_multiply_adds"]
    ):
        ratio = (
            answer.chosen.cost["million_multiply_adds"]
            / cheapest.cost["million_multiply_adds"]
        )
        yield (
            f"Cheapest of these: {cheapest.name}, which computes {ratio:.1f} times "
            "less a picture."
        )
    others = [r.name for r in answer.runs if r is not answer.chosen and r not in same]
    if others:
        yield (
            "Not compared, as images, labels or splits are others: "
            f"{', '.join(others)}."
        )


def _why_untested(answer: Answer, untested: Sequence[str]) -> str:
    lacking = [
        run.lacking
        for run in answer.runs
        if run.lacking and (run is answer.chosen or run.name in untested)
    ]
    if not lacking:
        return "Set split.repeats=3 or more to compare over rounds."
    why = (
        "All rounds score the same images, so it takes the answers of all rounds."
        if len(answer.chosen.of_rounds("validation")) > 1
        else "Average precision takes the probabilities of all classes."
    )
    return f"{why} {' '.join(lacking)}"


def _stated(answer: Answer) -> Iterator[str]:
    run = answer.chosen
    own = float(np.mean(run.of_rounds("test")))
    for task in run.tasks:
        yield state_score(task, run.primary(task) or "", run.intervals[task]["test"])
    num_rounds = len(answer.nested)
    if num_rounds == 1 and len(answer.runs) > 1:
        yield (
            "It was chosen on one split, so its own test score is slightly optimistic."
        )
    elif num_rounds > 1 and answer.validation:
        stated = f"State {over_rounds(run, 'test', answer.nested)}"
        times = answer.times_chosen.get(run.name, 0)
        if times == num_rounds:
            yield f"{stated}, the mean test score: each round's validation chooses it."
        else:
            yield (
                f"{stated}: the mean test score where each round's validation chooses. "
                f"The chosen run's own, {own:.3f}, is slightly optimistic on average; "
                f"it was chosen in {times} of {num_rounds} rounds."
            )


def show(answer: Answer) -> None:
    """Print the answer, its table as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, emoji=False)
    header, *rows = table(answer)
    drawn = Table(box=None, pad_edge=False)
    for name in header:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*map(one_line, row))
    console.print(drawn)
    console.print()
    for sentence in sentences(answer):
        console.print(one_line(sentence))


def as_markdown(answer: Answer) -> str:
    """Return table and sentences for a code review."""
    header, *rows = [[literal(cell) for cell in row] for row in table(answer)]
    lines = [header, ["---"] * len(header), *rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return text + "\n\n" + "\n".join(f"- {literal(each)}" for each in sentences(answer))


def as_json(answer: Answer) -> str:
    """Return the answer for a program."""
    changed = [name for names in telling_parameters(answer.runs) for name in names]
    runs = [
        {
            "name": run.name,
            "differs_in": {name: run.params.get(name) for name in changed},
            "validation": float(np.mean(run.of_rounds("validation"))),
            "test": float(np.mean(run.of_rounds("test"))),
            "cost": run.cost,
            "validation_less_chosen": _as_dict(answer.validation.get(run.name)),
            # Of one comparison alone, and used by no sentence.
            "test_less_chosen_unadjusted": _as_dict(answer.test.get(run.name)),
        }
        for run in answer.runs
    ]
    facts = {
        "chosen": answer.chosen.name,
        "not_told_apart": [run.name for run in answer.undecided],
        "cheapest": answer.cheapest.name,
        "nested_test": float(answer.nested.mean()) if len(answer.nested) > 1 else None,
        "times_chosen": answer.times_chosen,
        "smallest_difference_shown": answer.shown,
        "test_groups_needed": answer.needed,
        "runs": runs,
        "words": list(sentences(answer)),
    }
    return json.dumps(facts, indent=2, ensure_ascii=False)


def _as_dict(found: Difference | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return asdict(found)
