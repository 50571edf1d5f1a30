"""Whether each address can be reached at all, and how its certificate is."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from harness.doctor.finding import Notes
from harness.targets.target import Target
from harness.targets.transport import what_failed
from harness.targets.trust import Trust

_SOON_DAYS: Final = 14


def look_at_network(target: Target, today: datetime) -> tuple[Notes, frozenset[str]]:
    """Connect to every address of the target once.

    Returns what was found, and the addresses that nobody needs to ask anything of.
    """
    notes = Notes("network")
    trusts = target.trust_at()
    dead = frozenset(
        url
        for url in dict.fromkeys(target.addresses())
        if not _stands(url, trusts.get(url, target.trust), target, today, notes)
    )
    if any(t.insecure for t in (target.trust, *target.trusts.values())):
        told = "insecure = true: any certificate is trusted, so nobody knows who answers"
        notes.note(told, "name the CA with tls.ca_file, or pin it with tls.fingerprints")
    return notes, dead


def _stands(url: str, trust: Trust, target: Target, today: datetime, notes: Notes) -> bool:
    if target.proxy:
        return True  # what is behind a proxy shows when it is asked
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), target.timeouts.connect_s) as plain:
            if parts.scheme == "https":
                with trust.context().wrap_socket(plain, server_hostname=host) as secure:
                    _expiry(url, secure, today, notes)
    except TimeoutError:
        told = f"{url}: no connection stood within {target.timeouts.connect_s:g} s"
        remedy = "check that it is running, and that no firewall drops what this machine sends"
        notes.problem(told, remedy)
        return False
    except (OSError, UnicodeError) as error:
        what, _, remedy = what_failed(error).partition("; ")
        notes.problem(f"{url}: {what}", remedy or "look at its log")
        return False
    notes.good(f"{url} can be reached")
    return True


def _expiry(url: str, secure: ssl.SSLSocket, today: datetime, notes: Notes) -> None:
    """Whether a certificate that was checked will be good for long."""
    certificate: Mapping[str, Any] = secure.getpeercert() or {}
    if "notAfter" not in certificate:
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    if (days := (ends - today).days) < _SOON_DAYS:
        notes.note(f"{url}: its certificate ends in {days} days", "renew it")
