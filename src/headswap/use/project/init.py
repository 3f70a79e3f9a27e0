"""`headswap init FOLDER`: a project that runs the installed headswap.

Guaranteed: no file of the user's is overwritten; a list of ignored files gains lines. A
call that was cut off can be repeated.
"""

from pathlib import Path

from headswap.errors import InputError, listed
from headswap.machine import project
from headswap.use import dvc
from headswap.use.plots_page import write_page
from headswap.use.project.files import lists, read, write
from headswap.use.project.parameters import comments

# What is ignored here alone: in the repository DVC's own list has it.
_OWN_LINES = ("/.dvc/plots_page.html",)


def init(folder: Path, version: str) -> None:
    """Write a project; print what to do next.

    Args:
        folder: that is to be a project; it need not be there.
        version: of headswap.

    Raises:
        InputError: with every file that is in the way, or a folder that cannot be one.
    """
    files = project.own_files()
    _require_free(folder, files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"headswap init: {folder} must be a folder that can be written, got "
            f"{error.strerror}. Name another."
        ) from error
    _set_up_git(folder)
    is_new = _set_up_dvc(folder)
    written = {**files, **lists(folder)}
    ignored = written[".gitignore"]
    written[".gitignore"] = ignored + "".join(
        f"{line}\n" for line in _OWN_LINES if line not in ignored.splitlines()
    )
    written[project.LOCK] = project.lock_text(
        version, files, comments(files[project.PARAMETERS])
    )
    for name, text in written.items():
        write(folder / name, text)
    write_page(folder)
    # As `dvc init` does with its own: no other file of the folder, and these even where
    # a list ignores them.
    dvc.demand(folder, "git", "add", "--force", "--", *written, project.SETTINGS)
    _say(folder, version, is_new)


def _require_free(folder: Path, files: dict[str, str]) -> None:
    """Check that no file is in the way.

    Raises:
        InputError: with all that are.
    """
    if read(folder / project.LOCK) is not None:
        raise InputError(
            f"headswap init: {folder} must not be a project yet, got one with "
            f"{project.LOCK}. `headswap upgrade` brings it up to this version."
        )
    taken = [
        name
        for name, text in files.items()
        if _is_there(folder / name) and read(folder / name) != text
    ]
    # A file where a folder has to be.
    taken += sorted(
        {
            parent.as_posix()
            for name in (*files, *project.IGNORED)
            for parent in list(Path(name).parents)[:-1]
            if _is_there(folder / parent) and not (folder / parent).is_dir()
        }
    )
    if taken:
        raise InputError(
            f"headswap init: {folder} must not have files of these names, got "
            f"{listed(taken)}. Nothing was written; move or rename them, or name "
            "another folder."
        )


def _is_there(file: Path) -> bool:
    return file.exists() or file.is_symlink()


def _set_up_git(folder: Path) -> None:
    """Make a git repository of the folder where it is in none.

    Raises:
        InputError: git is missing, or the folder lies within another repository.
    """
    try:
        top = dvc.call(folder, "git", "rev-parse", "--show-toplevel")
    except FileNotFoundError as error:
        raise InputError(
            "headswap init: git must be installed, for experiments are commits, got no "
            "such command. Install it and run again."
        ) from error
    if top.returncode:
        dvc.demand(folder, "git", "init", "-q")
        print(f"git: a new repository in {folder}")
    elif Path(top.stdout.rstrip("\n")).resolve() != folder.resolve():
        raise InputError(
            f"headswap init: {folder} must be the top of a git repository, got a "
            f"folder of {top.stdout.strip()}. Run `git init {folder}` first, for one "
            "of its own, or name the top."
        )


def _set_up_dvc(folder: Path) -> bool:
    """Initialise DVC where that was not done; return whether it was done now."""
    settings = folder / project.SETTINGS
    if settings.exists():
        return False
    dvc.demand(folder, "dvc", "init", "-q")
    write(settings, (project.HOME / project.SETTINGS).read_text(encoding="utf-8"))
    return True


def _say(folder: Path, version: str, is_new: bool) -> None:
    print(f"{folder}: a project of headswap {version}; its files are staged in git")
    if not is_new:
        print(
            f"{project.SETTINGS} is left as it was; `dvc config cache.type "
            "reflink,hardlink,copy` links files to DVC's cache instead of copying them"
        )
    print(
        f"Next:\n  cd {folder}\n"
        f'  git commit -m "headswap {version}"\n'
        "  dvc repro                     # on a drawn sample set\n"
        '  git add dvc.lock metrics && git commit -m "The sample\'s figures"\n'
        "  dvc exp run -S data.root=/path/to/pictures -S 'data.levels=[label]'"
    )
