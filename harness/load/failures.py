"""Why a connection failed, in words that a person can act on."""

from __future__ import annotations

import errno
import socket
import ssl


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
