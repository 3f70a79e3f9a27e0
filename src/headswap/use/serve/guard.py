"""What stands before every request: whose it is, and what a browser may do with it.

- A browser that was led here under another name (DNS rebinding) is turned away where
  the server is for this machine alone, and so is what another site's page sends.
- Nothing is served that a browser could take for something else, frame, or keep.

Source: OWASP, "HTTP Security Response Headers" and "Cross-Site Request Forgery
Prevention", fetch metadata.
"""

import ipaddress
import json
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from headswap.errors import one_line

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def names_of(host: str) -> Collection[str] | None:
    """Return the names that a server on this machine alone has; None for others."""
    return {*LOCAL_NAMES, host} if is_local(host) else None


def is_local(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """An ASGI application before another one.

    Args:
        application: behind it.
        names: that the server may be asked by; None for any.
    """

    def __init__(self, application: Any, names: Collection[str] | None):
        self._application = application
        self._names = names

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or let it be answered."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), text.encode()) for name, text in HEADERS.items()]
                message["headers"] = [*message.get("headers", ()), *own]
            await send(message)

        refused = self._refuse(scope["method"], given)
        if refused is None:
            await self._application(scope, receive, send_guarded)
            return
        status, sentence = refused
        body = json.dumps({"error": sentence}).encode()
        headers = [(b"content-type", b"application/json")]
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send_guarded(start)
        await send({"type": "http.response.body", "body": body})

    def _refuse(
        self, method: str, given: dict[bytes, str]
    ) -> tuple[HTTPStatus, str] | None:
        host = given.get(b"host", "")
        if self._names is not None and _name_in(host) not in self._names:
            return HTTPStatus.MISDIRECTED_REQUEST, (
                f"the header Host must be one of {', '.join(sorted(self._names))}, got "
                f"{one_line(host)[:100]!r}. Ask by such a name, let a proxy set it, or "
                "start with --host 0.0.0.0 to serve other machines."
            )
        if method in ("GET", "HEAD") or not _is_foreign(host, given):
            return None
        return HTTPStatus.FORBIDDEN, (
            "the header Origin must be that of this server's own page, got "
            f"{one_line(given.get(b'origin', 'none'))[:100]!r}. Let a program ask, "
            "not another site's page."
        )


def _is_foreign(host: str, given: dict[bytes, str]) -> bool:
    """Whether the page of another site asks; programs send neither header."""
    # Browsers send it where a connection is safe, this machine's own included; it is
    # right behind a proxy, too, which changes the host.
    site = given.get(b"sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = given.get(b"origin")
    return origin is not None and origin.partition("://")[2] != host


def _name_in(host: str) -> str:
    """Return the name in `name:port`, or the address in `[address]:port`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
