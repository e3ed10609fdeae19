"""Texts that would run in a page which took them for markup, and what notices if one does.

Each calls ``top.fired(n)`` with its own number.  The control shows that every single one does so
where no policy stops it and nothing is escaped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from browser_kit import hang_up
from flask import Flask
from waitress import create_server

_FORMS = (
    "<script>{}</script>",
    "<ScRiPt >{}</ScRiPt >",
    "<script type=module>{}</script>",
    "<script src='data:text/javascript,{}'></script>",
    "<script>eval('{}')</script>",
    "<script>setTimeout('{}')</script>",
    "<script>new Function('{}')()</script>",
    "'\"><script>{}</script>",
    "</title></style></textarea><script>{}</script>",
    "<svg><script>{}</script></svg>",
    "<img src=x onerror={}>",
    '<img/src="x"/onerror={}>',
    "<IMG SRC=x OnErRoR={}>",
    "<img srcset=x onerror={}>",
    "'\"><img src=x onerror={}>",
    "<picture><source srcset=x><img onerror={}></picture>",
    "<input type=image src=x onerror={}>",
    "<link rel=stylesheet href=x onerror={}>",
    "<object data=x onerror={}></object>",
    "<video src=x onerror={}></video>",
    "<video><source src=x onerror={}></video>",
    "<audio src=x onerror={}></audio>",
    "<svg onload={}></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s></svg>",
    "<body onload={}>",
    "<details open ontoggle={}>",
    "<input autofocus onfocus={}>",
    "<iframe src='javascript:{}'></iframe>",
    '<iframe srcdoc="<script>{}</script>"></iframe>',
    "<a href='javascript:{}'>click</a>",
)
PAYLOADS: tuple[str, ...] = tuple(
    form.format(f"top.fired({number})") for number, form in enumerate(_FORMS)
)

DETECTOR = """
window.hits = [];
window.reports = [];
window.fired = (number) => window.hits.push(number);
document.addEventListener("securitypolicyviolation", (event) => {
  window.top.reports.push(event.violatedDirective + " " + event.blockedURI);
});
"""
"""Runs before everything else in a page, and whatever its policy says."""

CLICK = "for (const link of document.querySelectorAll('a[href^=javascript]')) link.click();"


@contextmanager
def raw_pages(policy: str | None) -> Iterator[str]:
    """Pages that hold a payload as it is, under `policy` or none; yields their address."""
    server = Flask("raw")
    headers = {"Content-Security-Policy": policy} if policy else {}

    def raw(number: int) -> Any:
        return f"<!DOCTYPE html><html><body>{PAYLOADS[number]}</body></html>", headers

    server.add_url_rule("/<int:number>", view_func=raw)
    sockets: dict[int, Any] = {}
    listener = create_server(server, map=sockets, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.effective_port}/"
    finally:
        listener.trigger.pull_trigger(lambda: hang_up(listener, sockets))
        thread.join()
        listener.task_dispatcher.shutdown()
