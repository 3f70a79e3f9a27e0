"""A Ray cluster that computes what is missing: chunks go out, results come in order.

In: the address of a cluster, in the environment. Out: what this machine alone would
have computed, in the same order, whatever the number of nodes; what was on a node that
dies is computed on another. Nodes run the code of this process.
"""

import logging
import os
import pickle
import signal
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import numpy as np

from headswap.errors import InputError, shortened
from headswap.machine.backend import VARIABLES, WITHOUT_INFLUENCE
from headswap.machine.closure import SOURCE
from headswap.machine.fingerprint import set_variables
from headswap.machine.nodes import ADDRESS, Needs, python_version, require_equal_nodes

Item = TypeVar("Item")
Result = TypeVar("Result")
# Does the work on some items; what makes it is called once in each process.
Work = Callable[[Sequence[Item]], Sequence[Result]]

# Seconds until somebody answers at an address.
PATIENCE = 10
# How one begins to speak HTTP/2, and so gRPC, with no settings; and the kind of message
# that has to be the answer. Source: RFC 9113, sections 3.4, 4.1 and 6.5.
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS, _MESSAGE_HEADER = 4, 9
# Chunks that are handed to Ray at a time: it knows all of them at once.
WINDOW = 2048


def cluster_address() -> str | None:
    """Return the address that the environment names; None where it names none."""
    return os.environ.get(ADDRESS) or None


def map_on_cluster(
    address: str,
    make: Callable[[], Work[Item, Result]],
    items: Sequence[Item],
    chunk: int,
    needs: Needs,
) -> Iterator[Result]:
    """Yield the results of items in their order, computed on a cluster.

    Args:
        address: of the cluster.
        make: makes the work, once in each process; picklable, as items and results are.
        items: to do it with.
        chunk: items that go out together.
        needs: what a node has to have.

    Raises:
        InputError: no cluster answers, another Ray runs there, a node lacks something,
            or the work itself says so.
    """
    parts = [items[start : start + chunk] for start in range(0, len(items), chunk)]
    with connected(address) as ray:
        resources = require_equal_nodes(ray, needs)
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = context.print_on_execution_start = False
        # In a list, so that Ray hands on the reference and not what it stands for.
        work = partial(_work_off, uuid.uuid4().hex, [ray.put(make)])
        for start in range(0, len(parts), WINDOW):
            rows = [{"items": pickle.dumps(each)} for each in parts[start:][:WINDOW]]
            answers = ray.data.from_items(rows, override_num_blocks=len(rows))
            answers = answers.map_batches(work, batch_size=None, **resources)
            for batch in answers.iter_batches(batch_size=None):
                for content in batch["answers"]:
                    # Whoever is in a cluster runs code of the others anyway.
                    results, error = pickle.loads(content)  # noqa: S301
                    if error is not None:
                        raise error
                    yield from results


# What this process of a node has made, by the run it belongs to.
_made: dict[str, Work] = {}


def _work_off(
    run: str, makers: Sequence[Any], batch: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Do the work on chunks; runs on a node."""
    import ray

    answers = np.empty(len(batch["items"]), object)
    for number, items in enumerate(batch["items"]):
        answer: tuple[list[Any], InputError | None]
        try:
            if run not in _made:
                _made.clear()
                _made[run] = ray.get(makers[0])()
            answer = list(_made[run](pickle.loads(items))), None  # noqa: S301
        # Ray would try it again, and lose what it says in a trace.
        except InputError as error:
            answer = [], error
        answers[number] = pickle.dumps(answer)
    return {"answers": answers}


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Yield Ray, connected to a cluster whose nodes have this code.

    Raises:
        InputError: Ray is not installed, or no cluster of its version answers.
    """
    _require_answer(address)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InputError(
            f"{ADDRESS}: to compute on a cluster, ray must be installed, got none "
            f"({error}). Install headswap[ray], or unset {ADDRESS}."
        ) from error
    # What it says of each plan is for those who write one.
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    variables = set_variables(os.environ, VARIABLES, WITHOUT_INFLUENCE)
    environment = {
        "py_modules": [str(SOURCE / "headswap")],
        "env_vars": {"TF_CPP_MIN_LOG_LEVEL": "3", **variables},
    }
    on_kill = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address,
            runtime_env=environment,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    # Another version is a RuntimeError; what else there is depends on who answers.
    except Exception as error:
        ray.shutdown()
        raise InputError(
            f"{ADDRESS}: at {address} must be a cluster of Ray {ray.__version__} on "
            f"Python {python_version()}, got: {shortened(str(error))}. Start one "
            f"(ray start --head), or unset {ADDRESS}."
        ) from error
    # Ray sets its own, which ends a process without a word.
    signal.signal(signal.SIGTERM, on_kill)
    try:
        yield ray
    except ray.exceptions.RayError as error:
        raise InputError(
            f"{ADDRESS}: the cluster at {address} must compute until the stage has "
            f"ended, got: {shortened(str(error))}. Run the same command again: what "
            "had come back is kept."
        ) from error
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Check that somebody who might be Ray answers at an address.

    Ray itself would try for minutes.

    Raises:
        InputError: nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto" or os.environ.get("RAY_USE_TLS") == "1":
        return
    try:
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.sendall(_GREETING)
            answer = connection.recv(_MESSAGE_HEADER, socket.MSG_WAITALL)
        if len(answer) < _MESSAGE_HEADER or answer[3] != _SETTINGS:
            raise OSError("what listens there is no Ray")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{ADDRESS}: it must be the host:port of a Ray cluster, got {address}, "
            f"where none answers ({error}). Start one (ray start --head), or unset "
            f"{ADDRESS}."
        ) from error
