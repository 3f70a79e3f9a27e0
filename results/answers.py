"""The `answers` of runs.yaml -> what `headswap compare --md` says of these runs.

An answer is a list of runs. What was said of them is kept in `answers/<name>.json`,
beside the revision of each run: it takes the experiments themselves and DVC's cache,
which only the clone has that made them. It is shown while the figures are of these.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headswap.statistics.relevance import RELEVANT_DIFFERENCE
from headswap.use.compare.answer import compare
from headswap.use.compare.revisions import Revisions
from headswap.use.compare.runs import read_runs
from headswap.use.compare.words import as_markdown
from results.faults import fault, take_list, take_mapping
from results.stored import Figures, read_stored, write_stored

Questions = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Answer:
    """What was said of runs.

    Attributes:
        revisions: of the code, a git commit each, by run.
        text: Markdown.
    """

    revisions: dict[str, str]
    text: str


def parse_answers(
    answers: Any, runs: Collection[str], faults: list[str]
) -> dict[str, tuple[str, ...]]:
    """Return the runs of each answer, by its name.

    Args:
        answers: that section of runs.yaml, as read.
        runs: the names of all runs.
        faults: where what is wrong is added.
    """
    parsed = {}
    for name, asked in take_mapping("answers", answers, faults).items():
        what = f"answers.{name}"
        asked = take_list(what, asked, faults)
        for run in asked:
            if run not in runs:
                expected = f"made of {', '.join(runs)}"
                faults.append(fault(what, expected, run, "Correct its name"))
        if len({*map(str, asked)}) != len(asked) or len(asked) < 2:
            fix = "Name at least two, each of them once"
            faults.append(fault(what, "two runs or more", asked, fix))
        parsed[name] = tuple(map(str, asked))
    return parsed


def ask(
    root: Path, questions: Questions, figures: Mapping[str, Figures], folder: Path
) -> None:
    """Compare the runs of each answer whose figures have changed; keep what is said.

    Args:
        root: the folder that holds dvc.yaml.
        questions: the runs of each answer.
        figures: of runs, by name; an answer that lacks those of a run is left out, and
            one whose experiments are not those of the figures.
        folder: of the answers.

    Raises:
        InputError: a file is no answer, or an experiment cannot be read.
    """
    stored = read_answers(folder)
    found = Revisions(root).experiments
    for name, runs in questions.items():
        revisions = _revisions(runs, figures)
        if name in stored and stored[name].revisions == revisions:
            continue
        if all(found.get(run, ("", None))[1] == revisions[run] for run in runs):
            said = compare(read_runs(runs, False, root), RELEVANT_DIFFERENCE)
            answer = Answer(revisions, as_markdown(said))
            write_stored(folder / f"{name}.json", answer)


def read_answers(folder: Path) -> dict[str, Answer]:
    """Return all answers that are stored, by name.

    Raises:
        InputError: a file is no answer.
    """
    return read_stored(folder, Answer)


def current_answers(
    questions: Questions,
    figures: Mapping[str, Figures],
    stored: Mapping[str, Answer],
) -> dict[str, str]:
    """Return what was said of the runs that the figures are of, by name.

    Args:
        questions: the runs of each answer.
        figures: of runs, by name; without those of other overrides than runs.yaml says.
        stored: answers, by name.
    """
    return {
        name: stored[name].text
        for name, runs in questions.items()
        if name in stored and stored[name].revisions == _revisions(runs, figures)
    }


def _revisions(runs: Collection[str], figures: Mapping[str, Figures]) -> dict[str, str]:
    """Return the revision of each run's figures, "" where it has none."""
    return {run: figures[run].revision if run in figures else "" for run in runs}
