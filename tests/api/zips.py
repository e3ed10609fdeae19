"""Zips of clouds, as `POST /predict/batch` takes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from api_fakes import POINTS
from flask.testing import FlaskClient

PATH = "/predict/batch"
XYZ = "\n".join(" ".join(map(repr, point)) for point in POINTS).encode()


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def send(client: FlaskClient, data: bytes, **fields: str) -> Any:
    # By hand: the client's own encoder leaves the temporary file of a large body open.
    part = "--x\r\nContent-Disposition: form-data; name="
    text = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    head = f'{text}{part}"file"; filename="clouds.zip"\r\n\r\n'
    body = head.encode() + data + b"\r\n--x--\r\n"
    return client.post(PATH, data=body, content_type="multipart/form-data; boundary=x")
