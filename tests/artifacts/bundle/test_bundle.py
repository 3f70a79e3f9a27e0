"""A bundle is read as it was written, or not at all."""

import pytest

from headswap.artifacts.bundle.bundle import Bundle, Network, read_bundle, write_facts
from headswap.errors import InputError

BUNDLE = Bundle(
    image_size=32,
    resize="pad",
    depth=None,
    views=("plain", "flip"),
    engine="openvino",
    backend="tensorflow",
    batch_size=4,
    precision="float32",
    cached_dtype="float32",
    networks=[Network("net", 24, has_below=True), Network("cnn", 32, has_below=False)],
    libraries={"keras": "3"},
)


@pytest.fixture
def folder(tmp_path):
    """A bundle with files beside its facts."""
    (tmp_path / "model").mkdir()
    (tmp_path / "networks" / "net").mkdir(parents=True)
    for name in ("below.json", "below.weights.h5"):
        (tmp_path / "networks" / "net" / name).write_bytes(b"below")
    (tmp_path / "model" / "heads.npy").write_bytes(b"heads")
    (tmp_path / "MODEL_CARD.md").write_text("card")
    write_facts(tmp_path, BUNDLE)
    return tmp_path


def test_what_was_written_is_read(folder):
    assert read_bundle(folder) == BUNDLE


def test_a_changed_or_missing_file_is_named(folder):
    (folder / "model" / "heads.npy").write_bytes(b"other")
    (folder / "MODEL_CARD.md").unlink()
    with pytest.raises(InputError) as raised:
        read_bundle(folder)
    assert "2 missing or changed: MODEL_CARD.md, model/heads.npy." in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "must have a whole bundle.json, got none"),
        ("{", "it must be whole JSON as headswap writes it, got: EOF"),
        ("[]", "headswap writes it (input should be an object), got []"),
        ('{"format": 99, "files": {}}', "must be of format 1, got 99"),
    ],
)
def test_what_is_no_bundle_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "bundle.json").write_text(content)
    with pytest.raises(InputError) as raised:
        read_bundle(tmp_path)
    assert message in str(raised.value)
