"""A cluster gives what this machine alone gives, or says in words why it cannot."""

import importlib.util
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from threading import Thread
from types import SimpleNamespace

import pytest

from headswap.errors import InputError
from headswap.machine.cluster import cluster_address, map_on_cluster
from headswap.machine.nodes import Needs, require_equal_nodes

# What a node that is gone says.
GONE = {"gone": ""}
NEEDS = Needs(["numpy", "pillow"], [])


def ask(address):
    return list(map_on_cluster(address, list, [1, 2], 1, NEEDS))


def test_without_an_address_there_is_no_cluster(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert cluster_address() is None
    monkeypatch.setenv("RAY_ADDRESS", "")
    assert cluster_address() is None
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert cluster_address() == "head:6379"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no port", "127.0.0.1:0"])
def test_an_address_where_nobody_answers_is_named(address):
    with pytest.raises(
        InputError, match=f"RAY_ADDRESS: .* got {address}, where none.*ray start --head"
    ):
        ask(address)


@pytest.fixture
def serve():
    """serve(answer): the address of a server that says this to whoever comes."""
    with ExitStack() as stack:

        def start(answer):
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def listen():
                connection, _ = server.accept()
                # Whoever comes may go without having heard all.
                with connection, suppress(OSError):
                    connection.recv(100)
                    connection.sendall(answer)
                    connection.recv(100)

            thread = Thread(target=listen)
            thread.start()
            stack.callback(thread.join)
            return f"127.0.0.1:{server.getsockname()[1]}"

        yield start


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n"])
def test_what_is_no_ray_is_named_soon(serve, answer, monkeypatch):
    monkeypatch.setattr("headswap.machine.cluster.PATIENCE", 0.3)
    with pytest.raises(InputError, match=r"where none answers \((timed|what listens)"):
        ask(serve(answer))


def test_without_ray_it_says_what_to_install(monkeypatch, serve):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"ray must be installed.*headswap\[ray\]"):
        ask(serve(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])))


@pytest.fixture
def nodes():
    """nodes(*facts): a Ray of nodes that differ from us in these facts; None: mute."""

    def make(*facts, same=False):
        described = []

        def remote(**_):
            def wrap(describe):
                def ask(needs):
                    number = len(described)
                    described.append(describe(needs) | (facts[number] or {}))
                    return number

                return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=ask))

            return wrap

        def get(number):
            if facts[number] == GONE:
                raise RuntimeError("the node does not exist any more")
            return described[number]

        def wait(asked, **_):
            mute = [number for number in asked if facts[number] is None]
            return [number for number in asked if number not in mute], mute

        listed = [
            {
                "Alive": True,
                "NodeID": str(number),
                # On one machine they share it.
                "NodeManagerAddress": f"10.0.0.{0 if same else number}",
                "Resources": {"CPU": 4.0 + number},
            }
            for number in range(len(facts))
        ]
        strategies = SimpleNamespace(NodeAffinitySchedulingStrategy=lambda *_, **__: 0)
        return SimpleNamespace(
            nodes=lambda: listed,
            remote=remote,
            wait=wait,
            get=get,
            exceptions=SimpleNamespace(
                NodeDiedError=RuntimeError,
                TaskUnschedulableError=RuntimeError,
                WorkerCrashedError=RuntimeError,
            ),
            util=SimpleNamespace(scheduling_strategies=strategies),
        )

    return make


def test_equal_nodes_give_what_a_chunk_needs(nodes):
    assert require_equal_nodes(nodes({}, {}), NEEDS) == {"num_cpus": 1, "num_gpus": 0}
    whole = Needs([], [], num_cpus=None)
    assert require_equal_nodes(nodes({}, {}), whole)["num_cpus"] == 4


def test_every_difference_of_every_node_is_named_before_anything_is_computed(nodes):
    needs = Needs(["numpy"], [], find_device=lambda: "CPU X86_V4")
    ray = nodes({"numpy": "0.1", "Python": "3.1"}, {}, {"device": "CPU X86_V3"}, None)
    with pytest.raises(InputError) as error:
        require_equal_nodes(ray, needs)
    text = str(error.value)
    assert "node 10.0.0.0 must have numpy" in text
    assert "got 0.1." in text
    assert "node 10.0.0.0 must have Python" in text
    assert "10.0.0.1" not in text
    assert "node 10.0.0.2 must have device CPU X86_V4" in text
    assert "node 10.0.0.3 must say what it is within" in text


def test_it_goes_on_without_a_node_that_has_died_unnoticed(nodes, capsys):
    for same in (False, True):
        taken = require_equal_nodes(nodes({}, GONE, same=same), NEEDS)
        assert taken == {"num_cpus": 1, "num_gpus": 0}
        assert "has left the cluster" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"must have a node .*got none"):
        require_equal_nodes(nodes(GONE), NEEDS)


def test_a_node_that_does_not_see_the_files_is_named(nodes, tmp_path):
    needs = Needs([], [tmp_path])
    with pytest.raises(InputError, match=f"must have {tmp_path} to read.*got not"):
        require_equal_nodes(nodes({str(tmp_path): "not to read"}), needs)


def test_a_node_that_cannot_write_where_results_go_is_named(nodes, tmp_path):
    needs = Needs([], [], written=[tmp_path])
    with pytest.raises(InputError, match=f"must have {tmp_path} to write.*got not"):
        require_equal_nodes(nodes({str(tmp_path): "not to write"}), needs)


def test_a_machine_that_computes_on_a_gpu_asks_for_nodes_with_one(nodes):
    needs = Needs([], [], find_device=lambda: "GPU H100")
    with pytest.raises(InputError, match=r"must have a node with a free GPU.*got none"):
        require_equal_nodes(nodes({}), needs)


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param([], marks=pytest.mark.slow, id="both nodes"),
        pytest.param(range(10), marks=pytest.mark.endure, id="one killed"),
    ],
)
def test_two_nodes_write_the_bytes_of_one_machine(seeds, repository, tmp_path):
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.clusters", str(tmp_path), *map(str, seeds)],
        env={
            **os.environ,
            "PYTHONPATH": str(repository / "src"),
            "RAY_USAGE_STATS_ENABLED": "0",
        },
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = [line for line in ran.stdout.splitlines() if "images prepared" not in line]
    assert [line for line in said if line.startswith("both:")] == ["both: []"]
    assert said.count("killed: []") == len(seeds)
    assert "must be a cluster of Ray 0.1 on Python" in said[-1]
