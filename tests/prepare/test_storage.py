"""Pictures of an object storage are those of a folder here, each fetched once."""

import shutil

import pytest

from headswap.errors import InputError
from headswap.machine import places
from headswap.prepare.stage import prepare_images

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("upath")
ROOT = "memory://bucket/photos"
TABLE = "path,colour\na/0.png,red\nb/1.png,blue\nmemory://bucket/photos/a/2.png,red\n"
VOC = "<annotation><object><name>{}</name></object></annotation>"


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "store"))


@pytest.fixture
def files():
    """The files of a storage, by name."""
    storage = fsspec.filesystem("memory")
    storage.store.clear()
    storage.pseudo_dirs[:] = [""]
    yield storage
    storage.store.clear()


@pytest.fixture
def here(tmp_path, encode, draw):
    folder = tmp_path / "photos"
    for number in range(6):
        file = folder / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(draw(number)))
    (folder / "a" / "broken.png").write_bytes(b"no picture")
    (folder / "a" / "@eaDir").mkdir()
    (folder / "a" / "@eaDir" / "0.png").write_bytes(b"a preview")
    return folder


@pytest.fixture
def fetched(files, monkeypatch):
    """A list that fills with what is fetched."""
    names, original = [], files.cat

    def note(paths, **options):
        names.extend(path.removeprefix("/bucket/photos/") for path in paths)
        return original(paths, **options)

    monkeypatch.setattr(type(files), "cat", staticmethod(note))
    return names


@pytest.fixture
def put(files, here):
    """Put what is here into the storage."""

    def call():
        files.put(f"{here}/", "/bucket/photos/", recursive=True)

    return call


@pytest.fixture
def prepare(section, tmp_path, inputs_of_prepare):
    """prepare(root, **data): what a prepared folder holds, by name."""

    def call(root, **data):
        output = tmp_path / "prepared"
        shutil.rmtree(output, ignore_errors=True)
        data = {"root": str(root), "levels": ("kind",)} | data
        options = section("prepare", image_size=16)
        prepare_images(inputs_of_prepare, section("data", **data), options, output)
        found = [path for path in output.rglob("*") if path.is_file()]
        return {str(path.relative_to(output)): path.read_bytes() for path in found}

    return call


def test_folders_of_a_storage_are_read_as_those_here(put, prepare, here):
    put()
    assert prepare(ROOT) == prepare(here)


def test_a_table_in_a_storage_names_its_files_from_there_or_whole(
    put, prepare, here, files
):
    (here / "labels.csv").write_text(TABLE)
    put()
    there = prepare(ROOT, layout="csv", table="labels.csv")
    (here / "labels.csv").write_text(TABLE.replace(ROOT, str(here)))
    assert there == prepare(here, layout="csv", table="labels.csv")


def test_a_table_in_a_storage_names_no_file_elsewhere(put, prepare, here):
    (here / "labels.csv").write_text(TABLE.replace("photos/a/2", "other/2"))
    put()
    with pytest.raises(InputError, match=r"lead outside: memory://bucket/other/2\.png"):
        prepare(ROOT, layout="csv", table="labels.csv")


def test_pascal_voc_in_a_storage_is_read_as_here(put, prepare, here):
    (here / "JPEGImages").mkdir()
    (here / "Annotations").mkdir()
    for number, name in enumerate(["cat", "dog", "cat"]):
        shutil.copy(
            here / "ab"[number % 2] / f"{number}.png",
            here / "JPEGImages" / f"{number}.png",
        )
        (here / "Annotations" / f"{number}.xml").write_text(VOC.format(name))
    put()
    options = {"layout": "voc", "classes": ("cat", "dog")}
    assert prepare(ROOT, **options) == prepare(here, **options)


def test_what_was_fetched_once_is_not_fetched_again(put, prepare, fetched):
    put()
    first = prepare(ROOT)
    assert len(fetched) == 7
    fetched.clear()
    assert prepare(ROOT) == first
    # What is no picture is in no store.
    assert fetched == ["a/broken.png"]


def test_a_file_with_another_content_is_fetched_anew(
    put, prepare, fetched, here, files, encode, draw
):
    put()
    prepare(ROOT)
    for number, name in enumerate(("1.png", "new.png")):
        (here / "b" / name).write_bytes(encode(draw(77 + number)))
        files.put(str(here / "b" / name), f"/bucket/photos/b/{name}")
    expected = prepare(here)
    fetched.clear()
    assert prepare(ROOT) == expected
    assert fetched == ["a/broken.png", "b/1.png", "b/new.png"]


def test_a_file_that_the_storage_does_not_give_ends_the_run(
    put, prepare, monkeypatch, files
):
    put()

    def refuse(paths, **_):
        return dict.fromkeys(paths, OSError("connection lost"))

    monkeypatch.setattr(type(files), "cat", staticmethod(refuse))
    with pytest.raises(InputError, match=r"got for .*connection lost. Run the same"):
        prepare(ROOT)


def test_a_storage_is_named_without_credentials():
    with pytest.raises(InputError, match=r"s3://…@bucket\. Give them in the env"):
        places.find_place("s3://key:secret@bucket/photos")


def test_the_packages_of_a_storage_are_named_where_they_are_missing():
    with pytest.raises(InputError, match=r"Install headswap\[s3\] for s3://"):
        places.find_place("nowhere://bucket/photos")


def test_a_folder_that_is_not_in_the_storage_is_named(files):
    with pytest.raises(InputError, match="memory://bucket/none must be a folder"):
        places.require_answer(places.find_place("memory://bucket/none"))


def test_advice_names_a_folder_of_the_storage(files, put, prepare, here):
    wrapped = here.rename(here.with_name("inside"))
    files.put(f"{wrapped}/", "/bucket/photos/pets/", recursive=True)
    with pytest.raises(InputError, match=f"data.root={ROOT}/pets"):
        prepare(ROOT)
