"""runs.yaml -> what to run, and the tables and answers to make of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from headswap.errors import InputError, raise_faults
from results.answers import parse_answers
from results.commands import shell_command
from results.faults import RUNS_FILE, fault, take_mapping
from results.runs import Overrides, parse_runs
from results.tables import Table, parse_tables

SECTIONS = ("settings", "runs", "tables", "answers")


@dataclass(frozen=True)
class Listing:
    """What runs.yaml says.

    Attributes:
        runs: the overrides of each run, those of its recipe too, by its name.
        commands: for a shell, by run.
        tables: by name.
        answers: the runs to compare, by name.
    """

    runs: dict[str, Overrides]
    commands: dict[str, str]
    tables: dict[str, Table]
    answers: dict[str, tuple[str, ...]]


def read_listing(path: Path) -> Listing:
    """Return what runs.yaml says.

    Raises:
        InputError: it cannot be read, or with all its faults.
    """
    try:
        content = YAML(typ="safe", pure=True).load(path)
    except OSError as error:
        raise InputError(
            f"{RUNS_FILE}: the file must be readable, got {error.strerror}. "
            "Restore it from git."
        ) from error
    except YAMLError as error:
        raise InputError(
            f"{RUNS_FILE}: the file must be valid YAML, got {error}. Correct that line."
        ) from error
    return parse(content, path.parents[1])


def parse(content: Any, root: Path = Path()) -> Listing:
    """Return what runs.yaml says.

    Args:
        content: of the file, as YAML gives it.
        root: the folder that holds dvc.yaml; recipes are named from there.

    Raises:
        InputError: with all faults.
    """
    faults: list[str] = []
    sections = take_mapping("the file", content, faults)
    for name in sections:
        if name not in SECTIONS:
            expected = f"one of {', '.join(SECTIONS)}"
            faults.append(fault("a section", expected, name, "Remove or rename it"))
    runs = parse_runs(
        sections.get("settings", {}), sections.get("runs", {}), faults, root
    )
    tables = parse_tables(sections.get("tables", {}), runs, faults)
    answers = parse_answers(sections.get("answers", {}), runs, faults)
    raise_faults(faults)
    return Listing(
        {name: run.overrides for name, run in runs.items()},
        {name: shell_command(run) for name, run in runs.items()},
        tables,
        answers,
    )
