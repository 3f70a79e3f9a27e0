"""The command line: `python -m results`, see the package's docstring."""

import argparse
import os
import sys
from pathlib import Path

from headswap import params
from headswap.errors import InputError, raise_faults
from results.answers import ask, current_answers, read_answers
from results.experiments import Experiments
from results.listing import Listing, read_listing
from results.queue import (
    Folders,
    collect_runs,
    queue_runs,
    read_pending,
    still_there,
)
from results.rendering import fill_places, render_places, render_tables
from results.runs import unknown_parameters
from results.stored import Figures, current_figures, read_figures

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "results/README.md")
FIGURES, ANSWERS = "results/figures", "results/answers"


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m results", description="Run what is missing, write the pages."
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--all", action="store_true", help="run everything again")
    choice.add_argument("--pages", action="store_true", help="only write the pages")
    choice.add_argument("--command", metavar="NAME", help="print a run's command")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="runs at a time")
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error(f"-j must be 1 or more, got {options.jobs}")
    failures: dict[str, str] = {}
    try:
        listing = read_listing(ROOT / "results" / "runs.yaml")
        if options.command is not None:
            print(find_command(listing, options.command))
            return
        if not options.pages:
            failures = run_missing(ROOT, listing, options.all, options.jobs)
            for run, reason in failures.items():
                print(f"error: {run}: {reason}", file=sys.stderr, flush=True)
            compare_runs(ROOT, listing)
        write_pages(ROOT, listing)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(
            "Interrupted. The queue goes on: `python -m results` takes it up again, "
            "`dvc queue stop --kill` ends it."
        )
    if failures:
        sys.exit(1)


def find_command(listing: Listing, run: str) -> str:
    """Return the command of a run, for a shell.

    Raises:
        InputError: no run has that name.
    """
    if run not in listing.runs:
        raise InputError(
            f"--command: NAME must be one of {', '.join(listing.runs)}, got {run!r}. "
            "Name a run of results/runs.yaml."
        )
    return listing.commands[run]


def run_missing(
    root: Path, listing: Listing, again: bool, jobs: int, seconds: float = 15.0
) -> dict[str, str]:
    """Store the figures of the runs that have none; return what failed, by run.

    Args:
        root: the folder that holds dvc.yaml.
        listing: what there is to run.
        again: run those too that have figures.
        jobs: how many runs at a time.
        seconds: between two looks at the queue.

    Raises:
        InputError: something has to be mended before anything can run.
    """
    raise_faults(
        unknown_parameters(listing.runs, params.load(root / params.PARAMS_FILE))
    )
    experiments = Experiments(root)
    folders = Folders(root / FIGURES, root / ".headswap" / "results")
    done = _figures(root, listing)
    waiting = still_there(experiments, read_pending(folders.pending, listing.runs))
    if again:
        revision = experiments.revision()
        waiting = {run: each for run, each in waiting.items() if each == revision}
    missing = {
        run: overrides
        for run, overrides in listing.runs.items()
        if run not in waiting and (again or run not in done)
    }
    print(
        f"{len(listing.runs)} runs: {len(missing)} to queue, {len(waiting)} in it",
        flush=True,
    )
    refused: dict[str, str] = {}
    if missing:
        queued, refused = queue_runs(experiments, missing, folders, os.environ)
        waiting.update(queued)
    failed = collect_runs(experiments, waiting, listing.runs, folders, jobs, seconds)
    return {**refused, **failed}


def compare_runs(root: Path, listing: Listing) -> None:
    """Compare those runs of the answers that have been made anew.

    Raises:
        InputError: an experiment cannot be read.
    """
    ask(root, listing.answers, _figures(root, listing), root / ANSWERS)


def render(root: Path, listing: Listing) -> dict[str, str]:
    """Return what stands between the markers of pages, of what is stored.

    Raises:
        InputError: a cell points at nothing, or a stored file is of another form.
    """
    figures = _figures(root, listing)
    answers = read_answers(root / ANSWERS)
    return render_places(
        render_tables(listing.tables, figures),
        listing.answers,
        current_answers(listing.answers, figures, answers),
    )


def _figures(root: Path, listing: Listing) -> dict[str, Figures]:
    """Return the stored figures of what runs.yaml asks for now, by run."""
    return current_figures(listing.runs, read_figures(root / FIGURES))


def write_pages(root: Path, listing: Listing) -> None:
    """Write tables and answers into the pages that have markers for them.

    Raises:
        InputError: a cell or a marker points at nothing, or as `render`.
    """
    rendered = render(root, listing)
    for page in PAGES:
        path = root / page
        before = path.read_text(encoding="utf-8")
        after = fill_places(before, rendered, page)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"{page}: written")


if __name__ == "__main__":
    main()
