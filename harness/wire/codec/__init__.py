"""Between domain operations and HTTP, in both directions, without I/O.

A client asks for an operation by a `CallSequence`, which says what to send, is told what came, and
ends with the reply; `encode` and `decode` are the halves of a single call. A server turns a request
into an operation with `operation_from`, and the reply into an answer with `encode_reply`.

Imports `domain`. Begin with `calls`.
"""

from __future__ import annotations

from harness.wire.codec.calls import (
    CallInput,
    CallSequence,
    DueCall,
    Sessions,
    SubmittedBefore,
    decode,
    unique_for,
)
from harness.wire.codec.client import encode, glimpsed_answer, may_hold_secrets
from harness.wire.codec.server import (
    credentials_from,
    encode_refused,
    encode_reply,
    operation_from,
    refine,
)

__all__ = [
    "CallInput",
    "CallSequence",
    "DueCall",
    "Sessions",
    "SubmittedBefore",
    "credentials_from",
    "decode",
    "encode",
    "encode_refused",
    "encode_reply",
    "glimpsed_answer",
    "may_hold_secrets",
    "operation_from",
    "refine",
    "unique_for",
]
