"""A file is decoded once; a picture in the store is the one that decoding gives."""

import shutil

import pytest

from headswap.artifacts.dataset.index import read_index
from headswap.machine.store import open_store
from headswap.prepare import stored
from headswap.prepare.stage import prepare_images

SIZE = 16


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "store"))


@pytest.fixture
def decoded(monkeypatch):
    """A list that fills with the sizes of the files that are decoded."""
    sizes, original = [], stored.decode

    def note(content, *arguments):
        sizes.append(len(content))
        return original(content, *arguments)

    monkeypatch.setattr(stored, "decode", note)
    return sizes


@pytest.fixture
def root(tmp_path, encode, draw):
    for number in range(6):
        file = tmp_path / "raw" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(draw(number)))
    return tmp_path / "raw"


@pytest.fixture
def prepare(section, tmp_path, root, inputs_of_prepare):
    """prepare(output, **options): the files of a prepared folder, by name."""

    def run(output, inputs=inputs_of_prepare, **options):
        data = section("data", root=str(root), levels=("kind",))
        options = section("prepare", **{"image_size": SIZE, **options})
        prepare_images(inputs, data, options, tmp_path / output)
        return {file.name: file.read_bytes() for file in (tmp_path / output).iterdir()}

    return run


def test_a_second_time_gives_the_same_bytes_and_decodes_nothing(prepare, decoded):
    first = prepare("first")
    assert len(decoded) == 6
    assert prepare("second") == first
    assert len(decoded) == 6


def test_one_new_file_is_one_picture_decoded(prepare, decoded, root, encode, draw):
    prepare("first")
    decoded.clear()
    (root / "a" / "new.png").write_bytes(encode(draw(99)))
    prepare("second")
    assert len(decoded) == 1


def test_a_file_that_was_renamed_relabelled_or_touched_is_not_decoded_again(
    prepare, decoded, root, tmp_path
):
    prepare("first")
    decoded.clear()
    shutil.move(root / "a" / "0.png", root / "b" / "other.png")
    (root / "b" / "1.png").touch()
    prepare("second")
    assert decoded == []
    assert "b/other.png" in read_index(tmp_path / "second").paths


@pytest.mark.parametrize("change", [{"image_size": 8}, {"resize": "pad"}])
def test_pictures_of_another_kind_are_decoded_anew(prepare, decoded, change):
    prepare("first")
    prepare("second", **change)
    assert len(decoded) == 12


@pytest.mark.survives("faults")
def test_another_version_of_a_decoder_decodes_anew(prepare, decoded, tmp_path):
    prepare("first")
    (tmp_path / "other.json").write_text('{"libraries": {"pillow": "14"}}')
    prepare("second", inputs=tmp_path / "other.json")
    assert len(decoded) == 12


def test_an_unreadable_file_is_given_its_reason_every_time(prepare, decoded, root):
    (root / "a" / "broken.png").write_bytes(b"no picture")
    first = prepare("first")
    assert prepare("second") == first
    assert b"no image format recognised" in first["rejected.csv"]
    # It costs little, and a newer version may read it.
    assert len(decoded) == 8


@pytest.mark.survives("faults")
def test_a_damaged_picture_in_the_store_is_decoded_anew(prepare, decoded):
    first = prepare("first")
    with open_store() as store:
        (shard,) = (store.folder / "shards").iterdir()
    content = bytearray(shard.read_bytes())
    content[SIZE * SIZE * 3 // 2 + 300] ^= 1
    shard.write_bytes(content)
    decoded.clear()
    assert prepare("second") == first
    assert len(decoded) == 1
    decoded.clear()
    assert prepare("third") == first
    assert decoded == []


def test_what_was_decoded_before_an_interruption_is_kept(prepare, decoded, monkeypatch):
    original, done = stored._to_bytes, []

    def interrupt(picture):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(picture)
        return original(picture)

    with monkeypatch.context() as patch:
        patch.setattr(stored, "_to_bytes", interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare("first")
    decoded.clear()
    prepare("first")
    assert len(decoded) == 2
