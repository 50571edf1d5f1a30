"""How answers are written by habit: their bytes, their fields, and their language."""

from __future__ import annotations

import datetime
import gzip
import json
import re
import secrets
from typing import Any

PART = 700
OF_1_1 = frozenset({"chunks-and-gzip", "interim-answers"})
"""What no client of HTTP/1.0 has to bear."""
ANSWERS_LAST, IDLE_S = 5, 1.0
"""How many answers a connection lives to see, and how long it waits for the next request."""
EMPTY: tuple[Any, ...] = (None, "", [], {})
ZONE = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
FREE = ("labels", "annotations")
"""What people write there stays as it is."""
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MANAGER = {"manager": "controller", "operation": "Update", "fieldsV1": {"f:status": {}}}
ESCAPES = {"/": "\\/", "T": "\\u0054", "@": "\\u0040", "<": "\\u003c"}
"""None of them stands outside of strings, or within an escape that Python writes."""
GERMAN = {
    "the cluster is centrally managed: local operations are no longer permitted": (
        "der Cluster wird zentral verwaltet: lokale Eingriffe sind nicht mehr erlaubt"
    ),
    "the registration token is not accepted": "das Registrierungstoken wird nicht angenommen",
    "it is unknown, expired or switched off": "es ist unbekannt, abgelaufen oder abgeschaltet",
    "the registration token is missing": "das Registrierungstoken fehlt",
    "the registration token is switched off": "das Registrierungstoken ist abgeschaltet",
    "the registration token has expired": "das Registrierungstoken ist abgelaufen",
    "the registration token is not known": "das Registrierungstoken ist unbekannt",
    "not every host reaches the endpoint": "nicht jeder Host erreicht den Endpunkt",
    "every host reaches the endpoint": "jeder Host erreicht den Endpunkt",
    "no connection can be made": "keine Verbindung ist möglich",
    "its certificate is not trusted": "seinem Zertifikat wird nicht vertraut",
    "it does not answer in time": "er antwortet nicht rechtzeitig",
    "its host name cannot be resolved": "sein Hostname lässt sich nicht auflösen",
    "the connection is refused": "die Verbindung wird abgelehnt",
    "what answers there is no pairing API": "was dort antwortet, ist keine Kopplungs-API",
    "the endpoint cannot be used": "der Endpunkt ist nicht benutzbar",
    "the endpoint is malformed": "die Adresse des Endpunkts ist fehlerhaft",
    "the endpoint is missing": "der Endpunkt fehlt",
    "no valid bearer token": "keine gültige Anmeldung",
    "user name or password is wrong": "Benutzername oder Kennwort ist falsch",
    "not healthy": "nicht gesund",
    "there is no pairing request": "es gibt keine Kopplungsanfrage",
    "the pairing request was rejected centrally": "die Kopplungsanfrage wurde abgelehnt",
    "the pairing request has been approved already": "die Kopplungsanfrage ist schon angenommen",
    "the pairing request has been accepted": "die Kopplungsanfrage ist schon angenommen",
    "the profiles do not match the cluster": "die Profile passen nicht zum Cluster",
    "is in none of the profiles": "steht in keinem der Profile",
    "is not on the cluster": "ist nicht auf dem Cluster",
    "not found": "nicht gefunden",
}


def dressed(body: Any, plants: frozenset[str], key: str = "") -> Any:
    """The same, as it is shown."""
    if isinstance(body, list):
        return [dressed(one, plants) for one in body]
    if isinstance(body, str):
        return spoken(body, plants, key)
    if not isinstance(body, dict) or key in FREE:
        return body
    new = {name: dressed(value, plants, name) for name, value in body.items()}
    if "other-tongue" in plants and new.get("kind") == "Status":
        new.pop("details", None)
    if "fields-come-and-go" in plants:
        nothing = "items" in new and not new["items"]
        new = {name: value for name, value in new.items() if value not in EMPTY}
        new |= {"items": None} if nothing else {}
        if "kind" in new and isinstance(new.get("metadata"), dict) and "spec" in new:
            noted = {APPLIED: json.dumps({"status": {"phase": "Pending"}, "spec": {}})}
            new["metadata"] |= {"managedFields": [MANAGER], "annotations": noted, "selfLink": None}
            if new["kind"] == "EdgeCluster":  # the display name stays
                plain = re.sub("[^a-z0-9]+", "-", new["spec"].get("displayName", "").lower())
                new["metadata"]["name"] = plain[:63].strip("-") or "cluster"
            new["spec"] |= {"paused": False, "priority": 0}
    return new


def spoken(text: str, plants: frozenset[str], key: str) -> str:
    if "times-with-offsets" in plants and key.endswith(("Timestamp", "Time")):
        try:
            moment = datetime.datetime.fromisoformat(text).astimezone(ZONE)
        except (ValueError, OverflowError):
            return text
        return f"{moment:%Y-%m-%dT%H:%M:%S.%f}000+05:30"
    if "other-tongue" in plants and key == "message":
        for english, german in GERMAN.items():
            text = text.replace(english, german)
    return text


def written(body: Any, plants: frozenset[str]) -> bytes:
    if "written-otherwise" not in plants:
        return json.dumps(dressed(body, plants)).encode()
    text = json.dumps(dressed(body, plants), indent=1, sort_keys=True)
    for plain, escaped in ESCAPES.items():
        text = text.replace(plain, escaped)
    return text.encode()


def framed(data: bytes, asked: dict[str, str], plants: frozenset[str]) -> tuple[list[str], bytes]:
    """The headers that say how the body comes, and the body as it comes."""
    headers, accepted = [], asked.get("accept-encoding", "").replace(" ", "").lower().split(",")
    if "chunks-and-gzip" not in plants or not data:
        return [f"Content-Length: {len(data)}"], data
    if "gzip" in accepted:
        headers, data = ["Content-Encoding: gzip"], gzip.compress(data, 1)
    parts = [data[at : at + PART] for at in range(0, len(data), PART)]
    chunks = [b"%x;part=%d\r\n%s\r\n" % (len(p), n, p) for n, p in enumerate(parts)]
    headers += ["Transfer-Encoding: chunked", "Vary: Accept-Encoding"]
    return headers, b"".join(chunks) + b"0\r\n\r\n"


def unasked(plants: frozenset[str]) -> list[str]:
    """Headers that are for nobody here."""
    headers = []
    if "connections-end" in plants:
        headers.append(f"Keep-Alive: timeout={IDLE_S:.0f}")
    if "interim-answers" in plants:
        headers += [f"audit-id: {secrets.token_hex(8)}", 'warning: 299 - "v1 will be succeeded"']
        headers += [
            "set-cookie: balancer=b7; Path=/; HttpOnly",
            f'etag: W/"{secrets.token_hex(4)}"',
        ]
    return headers


HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </apis>; rel=preload\r\n\r\n"
