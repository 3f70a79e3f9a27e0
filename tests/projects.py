"""What tests do with projects of somebody's own."""

from tests.clones import run_well

OLD = "headswap 0.0.9 wrote this\n"


def commit(folder):
    run_well(folder, "git", "add", "-A")
    run_well(folder, "git", "commit", "-q", "--allow-empty", "-m", "more")


def texts(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and ".git" not in file.relative_to(folder).parts
    }
