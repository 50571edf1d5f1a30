"""What can go wrong between a load and its target, in words that a person can act on.

PairproofError
+-- TooFewFiles    this machine does not let the process have as many connections
+-- LoadError      a request without a whole answer
    +-- NotSent    not a byte of it left: it definitely did not happen
    +-- NoAnswer   it was sent, or may have been: whether it happened is unknown
"""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass

from harness.domain.errors import PairproofError


@dataclass(frozen=True, slots=True)
class Times:
    """When a request was to start, was sent, and its first and last byte came.

    Nanoseconds on the client's clock; 0 for what it did not get to. Its latency is `end_ns -
    intended_ns`: a request that could not leave in time has been late, and is not left out.
    """

    intended_ns: int = 0
    sent_ns: int = 0
    first_ns: int = 0
    end_ns: int = 0


class TooFewFiles(PairproofError):
    """The limit of open files is too low for the connections asked for; says what to do."""


class LoadError(PairproofError):
    """A request without a whole answer: why, and when it got how far."""

    def __init__(self, why: str, times: Times = Times()) -> None:
        super().__init__(why, times)
        self.why = why
        self.times = times

    def __str__(self) -> str:
        return self.why


class NotSent(LoadError):
    """Not a byte of the request left. It may be sent again without doing anything twice."""


class NoResponse(LoadError):
    """The request was sent, or may have been, and no whole answer came: the outcome is unknown."""


def what_failed(error: BaseException) -> str:
    """What went wrong and what to do about it, as the end of a sentence."""
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not trusted ({error.verify_message}); name its CA with"
                " tls.ca_file, pin it with tls.fingerprints, or set tls.insecure = true"
            )
        case ssl.SSLError() if not getattr(error, "reason", None):  # a check of our own
            told = " ".join(map(str, error.args))
            return f"TLS failed: {told}; look at what the target file says of its certificate"
        case ssl.SSLError():
            return (
                f"TLS failed ({error.reason}); does it speak plain HTTP, so that its"
                " address begins with http://?"
            )
        case socket.gaierror() | UnicodeError():
            return "its host name cannot be resolved; check its spelling and the DNS"
        case ConnectionRefusedError():
            return "the connection was refused; check the port, and that it is running"
        case ConnectionResetError() | BrokenPipeError():
            return "the connection was reset before a whole answer came; look at its log"
        case OSError(errno=errno.EMFILE | errno.ENFILE):
            return "this machine has no file left for a connection; raise `ulimit -n`"
        case OSError(errno=errno.EADDRNOTAVAIL):
            return (
                "this machine has no local port left for a connection; keep connections, or widen"
                " net.ipv4.ip_local_port_range"
            )
    return f"the connection broke ({str(error) or type(error).__name__})"
