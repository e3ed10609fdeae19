"""Checks before any route, and headers after all of them.

The attack closest to a local dashboard is a page elsewhere that reaches it through the visitor's
own browser: by DNS rebinding, by a form post, by a frame.  Hence the checks of Host, Origin and
content type on every path, the page included, and never a CORS header.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, current_app, request
from pydantic import SecretStr
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
    RequestURITooLarge,
    Unauthorized,
    UnsupportedMediaType,
)

from pcdash.api.bodies import JSON, has_no_body
from pcdash.api.problems import request_id
from pcdash.settings import Limits, Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SAME_SITE = frozenset({"same-origin", "none"})
MAX_URL = 8_192
MAX_HEADERS = 32_768

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:\d{1,5})?")
_SCHEMES = ('Basic realm="pcdash", charset="UTF-8"', 'Bearer realm="pcdash"')
_ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})
_MIB = 1 << 20

Accepts = Mapping[str, frozenset[str]]
"""URL rule -> content types of its bodies; a rule that is not listed takes JSON."""

CONTENT_POLICY: dict[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "script-src": ("'self'",),
    "style-src": ("'self'", "'unsafe-inline'"),
    "img-src": ("'self'", "data:", "blob:"),
    "font-src": ("'self'", "data:"),
    "connect-src": ("'self'",),
    "worker-src": ("'self'", "blob:"),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
    "object-src": ("'none'",),
}
"""Nothing from another host, no eval, no inline script but those whose hash is known."""

HEADERS: dict[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install_guards(
    server: Flask,
    settings: Settings,
    accepts: Accepts,
    token: SecretStr | None = None,
    public: frozenset[str] = frozenset(),
) -> None:
    """Run the checks before every request, in this order, and set the headers after it.

    Parameters
    ----------
    token : SecretStr, optional
        What a request has to bring; None: nothing.
    public : frozenset of str
        Rules of the url map that need no token.
    """
    allow_scripts(server, ())
    checks: tuple[Callable[[], None], ...] = (
        check_head,
        host_check(settings),
        check_origin,
        token_check(token, public),
        body_check(settings.limits, accepts),
    )
    for check in checks:
        server.before_request(check)
    server.after_request(_set_headers)


def allow_scripts(server: Flask, hashes: tuple[str, ...]) -> None:
    """Let inline scripts of these hashes (``'sha256-...'``) run on the page."""
    policy = CONTENT_POLICY | {"script-src": (*CONTENT_POLICY["script-src"], *hashes)}
    text = "; ".join(" ".join((name, *sources)) for name, sources in policy.items())
    server.extensions["pcdash-headers"] = HEADERS | {"Content-Security-Policy": text}


def check_head() -> None:
    """Refuse a URL or headers of a size that no client of ours sends."""
    environ = request.environ
    if len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", "")) > MAX_URL:
        raise RequestURITooLarge(f"The URL is longer than {MAX_URL:,} bytes.")
    size = sum(len(str(value)) for key, value in environ.items() if key.startswith("HTTP_"))
    if size > MAX_HEADERS:
        raise RequestHeaderFieldsTooLarge(f"The headers are larger than {MAX_HEADERS:,} bytes.")


def host_check(settings: Settings) -> Callable[[], None]:
    """Answer only to known names: a foreign name that resolves to us is DNS rebinding."""
    trusted = frozenset(name.lower() for name in (*settings.trusted_hosts, _bound(settings.host)))

    def check_host() -> None:
        match = _HOST.fullmatch(request.environ.get("HTTP_HOST", "").lower())
        if match is None or match[1] not in trusted:
            raise BadRequest("This server does not answer to the name in the Host header.")

    return check_host


def check_origin() -> None:
    """Refuse writes that another page's script or form asks for."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"{request.scheme}://{request.host}".lower():
        raise Forbidden("Requests from other pages are refused (Origin).")
    if request.headers.get("Sec-Fetch-Site", "none") not in SAME_SITE:
        raise Forbidden("Requests from other pages are refused (Sec-Fetch-Site).")


class _NoToken(Unauthorized):
    """Says how to bring it; a browser then asks its user."""

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        """With the schemes; werkzeug would leave out the quotes that RFC 7617 wants."""
        asked = [("WWW-Authenticate", scheme) for scheme in _SCHEMES]
        return [*super().get_headers(*args, **kwargs), *asked]


def token_check(token: SecretStr | None, public: frozenset[str]) -> Callable[[], None]:
    """Ask for the token: as a bearer, or as the password of any user, as browsers can send it."""
    expected = token.get_secret_value().encode() if token is not None else None

    def check_token() -> None:
        if expected is None or (request.url_rule is not None and request.url_rule.rule in public):
            return
        # Other letters make werkzeug's reading of the header fail.
        readable = request.headers.get("Authorization", "").isascii()
        sent = request.authorization if readable else None
        given = "" if sent is None else (sent.password if sent.type == "basic" else sent.token)
        known = sent is not None and sent.type in ("basic", "bearer")
        # Compared in any case, in a time that says nothing about how much of it was right.
        if not (hmac.compare_digest((given or "").encode(), expected) and known):
            raise _NoToken("This server wants its token.")

    return check_token


def body_check(limits: Limits, accepts: Accepts) -> Callable[[], None]:
    """Refuse a body of the wrong type or size before a byte of it is read."""
    json_only = frozenset({JSON})

    def check_body() -> None:
        if request.method in SAFE_METHODS or request.url_rule is None:
            return  # nothing reads a body here: 404 and 405 need no opinion about it
        allowed = accepts.get(request.url_rule.rule, json_only)
        if request.mimetype not in allowed and not has_no_body():
            raise UnsupportedMediaType(f"Expected a body of type {' or '.join(sorted(allowed))}.")
        mib = limits.json_mib if request.mimetype == JSON else limits.file_mib
        # For a body that does not say its length; the byte too many tells it from a full one.
        request.max_content_length = mib * _MIB + 1
        if (request.content_length or 0) > mib * _MIB:
            raise RequestEntityTooLarge(f"The body is larger than {mib} MiB.")

    return check_body


def _bound(host: str) -> str:
    if host in _ANY_ADDRESS:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _set_headers(response: Response) -> Response:
    response.headers.update(current_app.extensions["pcdash-headers"])
    response.headers["X-Request-Id"] = request_id()
    return response
