"""Between domain operations and HTTP, in both directions, without I/O.

A client turns an operation into a request with `encode`, and what came back into a reply
with `decode`. A server turns a request into an operation with `operation_from`, and the
reply into an answer with `encode_reply`.

Imports `domain`. Begin with `client`.
"""

from __future__ import annotations

from harness.wire.codec.client import (
    decode,
    encode,
    glimpsed_answer,
    may_hold_secrets,
    published_answer,
)
from harness.wire.codec.errors import encode_refused
from harness.wire.codec.listing import refine
from harness.wire.codec.server import credentials_from, encode_reply, operation_from

__all__ = [
    "credentials_from",
    "decode",
    "encode",
    "encode_refused",
    "encode_reply",
    "glimpsed_answer",
    "may_hold_secrets",
    "operation_from",
    "published_answer",
    "refine",
]
