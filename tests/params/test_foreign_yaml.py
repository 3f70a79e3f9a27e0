"""YAML from elsewhere gives plain values, and as many as a file of ours can have."""

import pytest

from headswap import params
from headswap.errors import InputError
from headswap.use.recipe import read_recipe

LAUGHS = "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 10)}]" for n in range(9)
)
TEXTS = {
    "a class of Python's": (
        "data: !!python/object/apply:os.system ['touch {ran}']",
        "must be valid YAML, got could not determine a constructor",
    ),
    "aliases of aliases": (LAUGHS, "at most 100,000 values, got more by its aliases"),
    "an alias of itself": ("data: &a [*a]", "nested at most 50 deep, got more"),
    "lists beyond what can be read": (f"data: {'[' * 300}", "nested at most 50 deep"),
    "a number of a megabyte": (
        f"data: {'9' * 5000}",
        "nested at most 50 deep, got Ex",
    ),
    "the end of a name in C": ('data: {root: "a\\0b"}', "without the character NUL"),
    "a key twice": ("data: {}\ndata: {}", "valid YAML, got while constructing"),
    "bytes that are no text": (b"data: \xff", "must be readable, got no UTF-8"),
}


@pytest.mark.survives("doors")
@pytest.mark.parametrize("read", [params.load, read_recipe])
@pytest.mark.parametrize("case", TEXTS)
def test_yaml_of_more_than_plain_values_is_refused(case, read, tmp_path):
    text, message = TEXTS[case]
    content = text if isinstance(text, bytes) else text.encode()
    path = tmp_path / "foreign.yaml"
    path.write_bytes(content.replace(b"{ran}", str(tmp_path / "ran").encode()))
    with pytest.raises(InputError, match=message):
        read(path)
    assert not (tmp_path / "ran").exists()
