"""What failed on the wire, in words that a person can act on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from enum import IntEnum

from harness.targets.pinning import PinMismatch


class _Code(IntEnum):
    """OpenSSL's reasons to refuse a certificate, as far as they ask for another remedy."""

    NOT_YET = 9
    EXPIRED = 10
    OTHER_NAME = 62
    OTHER_ADDRESS = 64


def what_failed(error: BaseException) -> str:
    """What went wrong, and what to do about it, from the error and all that led to it."""
    for cause in _causes(error):
        match cause:
            case PinMismatch():
                return (
                    f"its certificate is another one than was pinned: {cause.found} is shown, and"
                    f" {' or '.join(cause.expected)} is expected; find out why it changed, then"
                    " correct tls.fingerprints"
                )
            case ssl.SSLCertVerificationError():
                why = getattr(cause, "verify_message", cause)
                return f"its certificate is not trusted ({why}); {_remedy(cause)}"
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


def _remedy(error: ssl.SSLCertVerificationError) -> str:
    """What to do about a certificate that is not trusted."""
    match getattr(error, "verify_code", 0):
        case _Code.EXPIRED | _Code.NOT_YET:
            return "renew it, look at this machine's clock, or pin it with tls.fingerprints"
        case _Code.OTHER_NAME | _Code.OTHER_ADDRESS:
            return "ask at a name that stands in it, or pin it with tls.fingerprints"
    return "name its CA with tls.ca_file, pin it with tls.fingerprints, or set tls.insecure = true"


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
