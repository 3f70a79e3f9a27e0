"""`headswap serve`: a bundle, served until it is interrupted.

Guaranteed: what was accepted before the interruption is answered.
"""

import socket
import sys

import uvicorn

from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.machine.running import interruptible
from headswap.use.predict.predictor import Predictor
from headswap.use.serve.app import build_app
from headswap.use.serve.guard import Guard, is_local, names_of
from headswap.use.serve.limits import Limits
from headswap.use.serve.service import Service

ANSWERED = "what was accepted is answered"


def serve(model: PathLike, host: str, port: int, name: str, limits: Limits) -> None:
    """Serve a bundle; return only by an interruption.

    Args:
        model: folder of the bundle.
        host: address to listen at.
        port: 0 for any that is free.
        name: of the model, in addresses.
        limits: what is taken.

    Raises:
        InputError: there is no such bundle, or the address cannot be had.
    """
    with interruptible(ANSWERED):
        # Before the model is loaded, which takes longer.
        listening = listen(host, port)
        with listening:
            service = Service(Predictor(model), limits)
            try:
                service.warm_up()
                _say(model, host, listening.getsockname()[1])
                app = build_app(service, name, names_of(host))
                # On an interruption it answers what it has, and then interrupts.
                uvicorn.Server(_settings(app, limits)).run(sockets=[listening])
            finally:
                service.stop()


def _settings(app: Guard, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        # Longer than clients do, who would else ask just as it hangs up.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(limits.seconds) + 1,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InputError: the address is none of this machine's, or is taken.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # As many may wait to be accepted as the system lets.
        return socket.create_server(
            address[:2], family=family, backlog=socket.SOMAXCONN
        )
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"headswap serve: --host and --port must be an address to listen at, got "
            f"{host} and {port}: {reason}. Name another, or end what uses it."
        ) from error


def _say(model: PathLike, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    print(f"{model}: served at http://{shown}:{port} until Ctrl-C", flush=True)
    if not is_local(host):
        print(
            "whoever reaches this port can use it: put a password before it elsewhere",
            file=sys.stderr,
        )
