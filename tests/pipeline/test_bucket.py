"""Pictures in a bucket are read as those in a folder, and DVC sees them change."""

import pytest
from ruamel.yaml import YAML

from headswap.errors import InputError
from headswap.machine.places import find_place, require_answer
from tests.clones import run_well, stages_run
from tests.pipeline.shapes import clone_with_shapes

boto3 = pytest.importorskip("boto3")
server = pytest.importorskip("moto.server")
pytest.importorskip("upath")
fsspec = pytest.importorskip("fsspec")
SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
ACCOUNT = {
    **dict.fromkeys(SECRETS, "a"),
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
ROOT = "s3://photos/shapes"


@pytest.fixture
def bucket(monkeypatch):
    """A bucket on this machine, and the environment that leads to it."""
    storage = server.ThreadedMotoServer(port=0, verbose=False)
    storage.start()
    _, port = storage.get_host_and_port()
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    bucket = boto3.resource("s3").Bucket("photos")
    bucket.create()
    yield bucket
    storage.stop()


def set_root(folder, root):
    yaml = YAML()
    params = yaml.load(folder / "params.yaml")
    params["data"] |= {"root": root, "levels": ["outline", "kind"]}
    params["prepare"]["image_size"] = 32
    yaml.dump(params, folder / "params.yaml")


def prepared(folder):
    lock = YAML(typ="safe").load(folder / "dvc.lock")
    return lock["stages"]["prepare"]["outs"]


def put(bucket, file, raw):
    bucket.upload_file(str(file), f"shapes/{file.relative_to(raw).as_posix()}")


@pytest.mark.slow
def test_a_bucket_gives_what_a_folder_gives_and_a_change_in_it_is_seen(
    repository, tmp_path, bucket
):
    raw = clone_with_shapes(repository, tmp_path)
    repro = ("dvc", "repro", "prepare")
    set_root(tmp_path, "data/raw")
    run_well(tmp_path, *repro)
    of_folder = prepared(tmp_path)
    for file in raw.rglob("*.png"):
        put(bucket, file, raw)
    set_root(tmp_path, ROOT)
    run_well(tmp_path, *repro, HEADSWAP_CACHE=str(tmp_path / "other"))
    assert prepared(tmp_path) == of_folder
    assert stages_run(run_well(tmp_path, *repro)) == ["check"]
    bucket.Object("shapes/round/kind0/0.png").delete()
    assert "23 images prepared" in run_well(tmp_path, *repro)


@pytest.mark.parametrize(
    ("path", "environment", "reason"),
    [
        ("elsewhere/shapes", {}, "The specified bucket does not exist"),
        ("photos/shapes", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "Could not co"),
        ("photos/shapes", dict.fromkeys(SECRETS, ""), "Unable to locate credentials"),
        ("photos/none", {}, "got nothing there"),
    ],
)
def test_a_bucket_that_cannot_be_read_is_named_in_a_sentence(
    bucket, monkeypatch, path, environment, reason
):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    # What was connected before stays so.
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(InputError, match=f"data.root: s3://{path} .*{reason}"):
        require_answer(find_place(f"s3://{path}"))
