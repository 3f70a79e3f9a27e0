"""The command `headswap`, for what DVC's own commands do not do.

headswap check    is params.yaml valid, and which files does it name?
headswap sweep    run a recipe, or several values of a parameter, as experiments
headswap compare  which run is best, which are as good, and how sure that is
headswap predict  the classes of pictures, by a trained model
headswap explain  where in a picture the evidence for its class lies
headswap export   the model in the format of another program
headswap verify   is a bundle what was made, and does it compute the same here?
headswap cache    what is kept to be computed only once, or clear it
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from headswap import params, registry
from headswap.check.inputs import LIBRARIES, named_files
from headswap.errors import InputError, show_any_text
from headswap.machine.store import FOLDER, LIMIT, clear_store, open_store
from headswap.use.sweep import sweep

FORMATS = registry.names("use/export")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; what a user can mend ends with one message and code 1."""
    show_any_text()
    parser = argparse.ArgumentParser(
        prog="headswap",
        description="From labelled pictures to comparable figures and a usable model.",
    )
    parser.add_argument("--version", action="version", version=version("headswap"))
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "check",
        help="is params.yaml valid, and which files does it name?",
        description="Check params.yaml as every run does first, without running.",
    )
    check.add_argument("file", nargs="?", default=params.PARAMS_FILE)
    run = commands.add_parser(
        "sweep",
        help="run a recipe, or several values of a parameter, as experiments",
        description="Run a recipe: one experiment here, several through DVC's queue.",
    )
    run.add_argument("recipe", nargs="?", help="such as recipes/quick.yaml")
    run.add_argument(
        "-S",
        dest="overrides",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="as for `dvc exp run`; several values, joined by commas, are a sweep",
    )
    how = run.add_mutually_exclusive_group()
    how.add_argument("--queue", action="store_true", help="only queue them")
    how.add_argument("-j", "--jobs", type=int, help="queue them, N at a time")
    run.add_argument("--dry-run", action="store_true", help="only print the commands")
    compared = commands.add_parser(
        "compare",
        help="which run is best, which are as good, and how sure that is",
        description="Compare runs by what git has of them: revisions, experiments of "
        "DVC, and `workspace`; by default that and the last commit's experiments.",
    )
    compared.add_argument("names", nargs="*", metavar="REV")
    compared.add_argument(
        "--all", action="store_true", help="the experiments of every commit too"
    )
    compared.add_argument(
        "--delta", type=float, default=0.02, help="the difference that matters (0.02)"
    )
    form = compared.add_mutually_exclusive_group()
    form.add_argument("--md", action="store_true", help="as Markdown")
    form.add_argument("--json", action="store_true", help="as JSON")
    compared.add_argument(
        "--fail-if-worse",
        action="store_true",
        help="exit with 1 if the last run named validates worse than the first: by "
        "more than delta, and more than chance explains",
    )
    predicted = commands.add_parser(
        "predict",
        help="the classes of pictures, by a trained model",
        description="Say what pictures show. What cannot be read is a row with the "
        "reason.",
    )
    predicted.add_argument(
        "paths", nargs="+", metavar="PATH", help="file, folder, or - for a list of them"
    )
    predicted.add_argument("--model", default="data/bundle", help="(data/bundle)")
    predicted.add_argument(
        "--out", help="file to write, .csv or .jsonl; else CSV is printed"
    )
    predicted.add_argument(
        "--top", type=int, default=2, help="classes a task that are listed (2)"
    )
    explained = commands.add_parser(
        "explain",
        help="where in a picture the evidence for its class lies",
        description="Write a PNG a picture and task: red speaks for the class, blue "
        "against it.",
    )
    explained.add_argument("paths", nargs="+", metavar="PATH")
    explained.add_argument("--model", default="data/bundle", help="(data/bundle)")
    explained.add_argument("--out", default="data/explained", help="(data/explained)")
    exported = commands.add_parser(
        "export",
        help="the model in the format of another program",
        description="Write a folder for another program to read.",
    )
    exported.add_argument("format", metavar="FORMAT", help=", ".join(FORMATS))
    exported.add_argument("out", nargs="?", help="folder (data/export/FORMAT)")
    exported.add_argument("--model", default="data/bundle", help="(data/bundle)")
    exported.add_argument(
        "--pictures",
        nargs="+",
        default=[],
        metavar="FILE",
        help="to compare the model and its file on; else drawn ones",
    )
    verified = commands.add_parser(
        "verify",
        help="is a bundle what was made, and does it compute the same here?",
        description="Check hashes and versions; predict the sample anew.",
    )
    verified.add_argument("model", nargs="?", default="data/bundle")
    cache = commands.add_parser(
        "cache",
        help="what is kept to be computed only once, or clear it",
        description="Show the store of prepared pictures and features of this user.",
    )
    cache.add_argument(
        "--clear", action="store_true", help="delete it, which costs only time"
    )
    options = parser.parse_args(arguments)
    if options.command == "sweep" and options.jobs is not None and options.jobs < 1:
        parser.error(f"-j must be 1 or more, got {options.jobs}")
    try:
        if options.command == "check":
            check_file(options.file)
        elif options.command == "compare":
            show_comparison(options)
        elif options.command == "predict":
            from headswap.use.predict.files import predict_files

            predict_files(options.paths, options.model, options.out, options.top)
        elif options.command == "explain":
            from headswap.use.explain import explain_files

            explain_files(options.paths, options.model, options.out)
        elif options.command == "export":
            module = registry.load("use/export", options.format)
            module.export(options.out, options.model, options.pictures)
        elif options.command == "verify":
            from headswap.use.verify import verify

            verify(options.model)
        elif options.command == "cache":
            clear_store() if options.clear else show_store()
        else:
            sweep(
                options.recipe,
                options.overrides,
                options.jobs,
                options.queue,
                options.dry_run,
            )
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def check_file(path: str) -> None:
    """Print that params.yaml is valid, and the files it names.

    Raises:
        InputError: with every fault of every section.
    """
    sections = params.check(params.load(path), path)
    print(f"{path} is valid")
    for stage in LIBRARIES:
        for name, file in named_files(stage, sections).items():
            print(f"{name}: {file}{'' if file.is_file() else ' (no such file)'}")


def show_comparison(options: argparse.Namespace) -> None:
    """Print how runs compare.

    Raises:
        InputError: a run cannot be read, or is worse where that is to fail.
    """
    from headswap.use.compare import answer, runs, words

    read = runs.read_runs(options.names, options.all, Path())
    found = answer.compare(read, options.delta)
    if options.json:
        print(words.as_json(found))
    elif options.md:
        print(words.as_markdown(found))
    else:
        words.show(found)
    if options.fail_if_worse:
        answer.require_not_worse(read[-1], read[0], options.delta)


def show_store() -> None:
    """Print where the user's store is, what it holds, and how large it may be."""
    with open_store() as store:
        usage = store.usage()
        folder, limit = store.folder, store.limit
    for each in usage:
        print(f"{each.kind:10} {each.rows:11,} rows {each.num_bytes / 1e6:11,.1f} MB")
    total = sum(each.num_bytes for each in usage)
    print(f"{folder} holds {total / 1e6:,.1f} of {limit / 1e6:,.0f} MB")
    print(f"{FOLDER} moves it, {LIMIT} sets its limit, --clear deletes it")
