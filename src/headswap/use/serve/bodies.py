"""The body of a request, in memory, and never more of it than the limit."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

from starlette.requests import Request

from headswap.errors import one_line
from headswap.use.serve.limits import MEGA, Limits, Refusal

BINARY, FORM = "application/octet-stream", "application/x-www-form-urlencoded"
# A form is what curl calls everything.
OF_PICTURES = ("image/", BINARY, FORM)
OF_TENSORS = ("application/json", BINARY, FORM)
# Who has sent too much hears so only once it was taken from them.
_SECONDS_OF_PATIENCE = 10


async def read_body(request: Request, limits: Limits, kinds: tuple[str, ...]) -> bytes:
    """Return the body.

    Args:
        request: whose body is not read yet.
        limits: how much it may be.
        kinds: how the types of content begin that are taken; none is taken, too.

    Raises:
        Refusal: it is of another kind, packed, empty or too long.
    """
    chunks = _chunks(request)
    most = int(limits.megabytes * MEGA)
    refusal = _fault(request, kinds)
    announced = request.headers.get("content-length", "")
    if refusal is None and announced.isdecimal() and int(announced) > most:
        refusal = _too_long(limits)
    if refusal is not None:
        if "expect" not in request.headers:
            await _throw_away(chunks)
        raise refusal
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            body.clear()
            await _throw_away(chunks)
            raise _too_long(limits)
    if not body:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "the body must be what is asked about, got nothing. Send it as the body.",
        )
    return bytes(body)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes."""
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                "the body must be sent whole, got its beginning. Send it again.",
            )
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _throw_away(chunks: AsyncIterator[bytes]) -> None:
    """Take the rest of a body, for a while.

    A client that is still sending when its connection ends never sees the answer.
    """
    try:
        async with asyncio.timeout(_SECONDS_OF_PATIENCE):
            async for _ in chunks:
                pass
    except TimeoutError:
        pass


def _fault(request: Request, kinds: tuple[str, ...]) -> Refusal | None:
    """Return what is wrong with the kind of a body, if anything is."""
    kind = request.headers.get("content-type", "").lower()
    if kind and not kind.startswith(kinds):
        return Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Type must be {', '.join(kinds[:2])} or none, got "
            f"{one_line(kind)[:100]!r}. Send the bytes themselves as the body.",
        )
    packed = request.headers.get("content-encoding", "identity").lower()
    if packed != "identity":
        return Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Encoding must be none, got {one_line(packed)[:100]!r}. Send the "
            "body unpacked.",
        )
    return None


def _too_long(limits: Limits) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body must be at most {limits.megabytes:g} MB, got more. Send less at a "
        "time or a smaller picture, or start the server with a larger --megabytes.",
    )
