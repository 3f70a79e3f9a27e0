"""A params.yaml of an older version -> the same values under this version's names.

In: two texts. Out: the first with renamed keys renamed, new keys added with their
defaults, comments of sections as they are now where nobody edited them, and every other
line as it was. Lines are moved and nothing is written anew, so that what changes is
what had to.
"""

import json
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from headswap.errors import InputError
from headswap.machine.project import hash_text


class _Text:
    """Lines of a params.yaml, and where its keys stand.

    Args:
        text: of the file.
        where: its name, for messages.

    Raises:
        InputError: it is no file of sections, each with a line of its own for each key.
    """

    def __init__(self, text: str, where: str):
        self.lines = text.splitlines(keepends=True)
        if self.lines and not self.lines[-1].endswith("\n"):
            self.lines[-1] += "\n"
        self._where = where
        self._read()

    def _read(self) -> None:
        sections = YAML().load("".join(self.lines))
        if not isinstance(sections, CommentedMap):
            raise InputError(
                f"{self._where}: the file must hold sections of parameters. Restore it "
                "from git."
            )
        self.sections = sections
        inline = [
            name
            for name, values in sections.items()
            if isinstance(values, CommentedMap) and values.fa.flow_style()
        ]
        if inline:
            raise InputError(
                f"{self._where}: {', '.join(inline)} must have a line of its own for "
                "each parameter, got braces. Write it so, and run again."
            )

    def keys(self, section: str) -> list[str]:
        values = self.sections.get(section)
        return list(values) if isinstance(values, CommentedMap) else []

    def _starts(self) -> list[int]:
        """Return the first line of every section and parameter, and the end."""
        found = [self.sections.lc.key(name)[0] for name in self.sections]
        for values in self.sections.values():
            if isinstance(values, CommentedMap):
                found += [values.lc.key(key)[0] for key in values]
        return sorted({*found, len(self.lines)})

    def _end(self, start: int) -> int:
        """Return the line behind a key's, without the comments of what follows."""
        end = min(line for line in self._starts() if line > start)
        while end > start + 1 and _says_nothing(self.lines[end - 1]):
            end -= 1
        return end

    def take(self, section: str, key: str) -> list[str]:
        """Return the lines of a parameter."""
        start = self.sections[section].lc.key(key)[0]
        return self.lines[start : self._end(start)]

    def remove(self, section: str, key: str) -> None:
        start = self.sections[section].lc.key(key)[0]
        del self.lines[start : self._end(start)]
        self._read()

    def replace(self, section: str, key: str, lines: list[str]) -> None:
        start = self.sections[section].lc.key(key)[0]
        self.lines[start : self._end(start)] = lines
        self._read()

    def insert(self, section: str, lines: list[str], after: str | None) -> None:
        """Put lines behind a parameter of a section, or at its start."""
        place = self.sections if after is None else self.sections[section]
        start = place.lc.key(section if after is None else after)[0]
        line = start + 1 if after is None else self._end(start)
        self.lines[line:line] = lines
        self._read()

    def take_section(self, section: str) -> list[str]:
        """Return the lines of a section with the comments above it."""
        first = self.sections.lc.key(section)[0]
        last = max(
            [first, *(self.sections[section].lc.key(k)[0] for k in self.keys(section))]
        )
        return [*self.comment(section), *self.lines[first : self._end(last)]]

    def comment(self, section: str) -> list[str]:
        """Return the lines of comment above a section."""
        end = start = self.sections.lc.key(section)[0]
        while start and self.lines[start - 1].startswith("#"):
            start -= 1
        return self.lines[start:end]

    def set_comment(self, section: str, lines: list[str]) -> None:
        end = self.sections.lc.key(section)[0]
        self.lines[end - len(self.comment(section)) : end] = lines
        self._read()

    def append(self, lines: list[str]) -> None:
        self.lines += ["\n", *lines]
        self._read()


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def comments(text: str) -> dict[str, str]:
    """Return the comment above each section of a params.yaml."""
    read = _Text(text, "params.yaml")
    return {section: "".join(read.comment(section)) for section in read.sections}


def bring_up(
    text: str,
    default: str,
    renamed: Mapping[str, str],
    known_comments: Mapping[str, str],
    where: str,
) -> tuple[str, list[str]]:
    """Return a params.yaml as this version reads it, and what was done, as lines.

    Args:
        text: the user's.
        default: this version's.
        renamed: new dotted names by the old ones.
        known_comments: hashes of the comments of sections as they were written.
        where: the user's file, for messages.

    Raises:
        InputError: the user's file has another form.
    """
    user, own = _Text(text, where), _Text(default, where)
    done = []
    for old, new in renamed.items():
        (section, key), (new_section, new_key) = old.split("."), new.split(".")
        if key not in user.keys(section) or new_key in user.keys(new_section):
            continue
        lines = user.take(section, key)
        lines[0] = lines[0].replace(key, new_key, 1)
        if section == new_section:
            user.replace(section, key, lines)
        elif user.keys(new_section):
            user.remove(section, key)
            user.insert(new_section, lines, _before(own, user, new_section, new_key))
        else:
            continue
        done.append(f"{old} is called {new} now")
    for section in own.sections:
        if section not in user.sections:
            user.append(own.take_section(section))
            done.append(f"{section} is new, a section with its defaults")
            continue
        for key in own.keys(section):
            if key not in user.keys(section):
                lines = own.take(section, key)
                user.insert(section, lines, _before(own, user, section, key))
                value = own.sections[section][key]
                done.append(f"{section}.{key} is new, with its default {_plain(value)}")
    for section in own.sections:
        is_ours = hash_text("".join(user.comment(section))) == known_comments.get(
            section
        )
        if is_ours and user.comment(section) != own.comment(section):
            user.set_comment(section, own.comment(section))
    done += [
        f"{name} is no parameter of this version: remove or rename it"
        for name in _unknown(user, own)
    ]
    changed = "".join(user.lines)
    return (changed if changed.strip() != text.strip() else text), done


def _before(own: _Text, user: _Text, section: str, key: str) -> str | None:
    """Return the parameter of the user's section that a new one follows."""
    keys, there = own.keys(section), user.keys(section)
    earlier = [name for name in keys[: keys.index(key)] if name in there]
    return earlier[-1] if earlier else None


def _plain(value: Any) -> str:
    return json.dumps(value, default=str)


def _unknown(user: _Text, own: _Text) -> list[str]:
    found = []
    for section in user.sections:
        if section not in own.sections:
            found.append(str(section))
            continue
        known = own.keys(section)
        found += [f"{section}.{key}" for key in user.keys(section) if key not in known]
    return found
