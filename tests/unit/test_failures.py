"""What failed is told so that somebody can act on it."""

from __future__ import annotations

import socket
import ssl

import pytest

from harness.http_client import what_failed


def raised_from(cause: Exception) -> Exception:
    try:
        raise RuntimeError("wrapped") from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (ConnectionRefusedError(), "refused; check the port"),
        (ConnectionResetError(), "reset before a whole answer"),
        (socket.gaierror(), "cannot be resolved"),
        (ssl.SSLCertVerificationError(), "tls.ca_file"),
        (ssl.SSLError("wrong version"), "http://"),
        (RuntimeError("Server disconnected without sending"), "closed before an answer"),
        (UnicodeEncodeError("ascii", "ü", 0, 1, "no"), "nothing was sent"),
        (UnicodeError("label too long"), "cannot be resolved"),
        (RuntimeError("odd"), "does it speak HTTP"),
    ],
)
def test_the_cause_is_told_with_what_to_do(cause: Exception, told: str) -> None:
    assert told in what_failed(cause)
    if type(cause) is not RuntimeError:
        assert told in what_failed(raised_from(cause))
