"""What pyproject.toml cannot say: a built package holds the files of a project."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent / "src"))

from headswap.machine import project


class WithProject(build_py):
    """Copies to `headswap/project` what `headswap init` writes from there."""

    def run(self) -> None:
        """Build as ever, and copy."""
        super().run()
        if not self.editable_mode:
            for name in project.packed_files():
                target = Path(self.build_lib, "headswap", project.INSTALLED.name, name)
                self.mkpath(str(target.parent))
                self.copy_file(str(project.HOME / name), str(target))


setup(cmdclass={"build_py": WithProject})
