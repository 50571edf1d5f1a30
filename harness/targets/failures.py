"""What failed on the wire, in words that a person can act on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator


def what_failed(error: BaseException) -> str:
    """What went wrong, and what to do about it, from the error and all that led to it."""
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                why = getattr(cause, "verify_message", cause)
                return (
                    f"its certificate is not trusted ({why}); name its CA with tls.ca_file, or set"
                    " tls.insecure = true"
                )
            case ssl.SSLError():
                why = getattr(cause, "reason", None) or cause
                return (
                    f"TLS failed ({why}); does it speak plain HTTP, so that its address begins"
                    " with http://?"
                )
            case UnicodeEncodeError(encoding="ascii"):
                return "a header would hold what HTTP cannot carry, so nothing was sent"
            case socket.gaierror() | UnicodeError():
                return "its host name cannot be resolved; check its spelling and the DNS"
            case ConnectionRefusedError():
                return "the connection was refused; check the port, and that it is running"
            case ConnectionResetError() | BrokenPipeError():
                return "the connection was reset before a whole answer came; look at its log"
    return _plain(error)


def _plain(error: BaseException) -> str:
    told = str(error)
    if "disconnected" in told:
        return "the connection was closed before an answer came; look at its log"
    return f"the exchange broke ({told or type(error).__name__}); does it speak HTTP/1.1?"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it was raised from, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
