"""Whatever stands where a file of a user's belongs: one line that names it, and exit code 2 or 3.

Exit code 1 is a verdict, and nothing was judged. The commands run in a child whose memory and
time are bounded, since a device can be read for ever, and nobody writes into a pipe.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import zstandard

from tests.sources import ROOT

GOLDEN = ROOT / "tests/golden/files/evidence.jsonl"
CHILD = Path(__file__).with_name("bounded_child.py")
DEEP = 20_000


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)


def holds(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


BROKEN: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "socket": socket_at,
    "large": sparse,
    "null bytes": holds(b"\0" * 5_000),
    "no text": holds(b"a = '\xff\xfe'\n"),
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "memory of a process": lambda path: path.symlink_to("/proc/self/mem"),
}

NOTHING_THERE = ("missing", "link to nothing")
"""Where a file is written, there is none yet."""

TOML: dict[str, Callable[[Path], object]] = {
    "digits": holds(b"a = " + b"9" * 5_000 + b"\n"),
    "number": holds(b"a = " + b"9" * 400 + b"\n"),
    "exponent": holds(b"a = 1e" + b"9" * 40 + b"\n"),
    "nested": holds(b"a = " + b"[" * DEEP + b"]" * DEEP + b"\n"),
    "nested tables": holds(b"a = " + b"{a=" * DEEP + b"1" + b"}" * DEEP + b"\n"),
    "nested a little": holds(b"a = " + b"[" * 100 + b"]" * 100 + b"\n"),
    "long key": holds(b"a." * DEEP + b"a = 1\n"),
    "long header": holds(b"[" + b"a." * DEEP + b"a]\n"),
    "long key inside": holds(b"x = 1\ny = { " + b"'a' . " * DEEP + b"a = 1 }\n"),
    "many lines": holds(b"a = [\n" + b"[1],\n" * 5_000 + b"]\n"),
}

JSON: dict[str, Callable[[Path], object]] = {
    "digits": holds(b'{"openapi": ' + b"9" * 5_000 + b"}\n"),
    "nested": holds(b'{"openapi": ' + b"[" * DEEP + b"]" * DEEP + b"}\n"),
    "nested header": holds(
        GOLDEN.read_bytes().replace(
            b'"platform":{', b'"platform":{"a":' + b"[" * 900 + b"]" * 900, 1
        )
    ),
}


def of_evidence(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(GOLDEN.read_bytes()))


def nested(levels: int) -> Callable[[bytes], bytes]:
    inner = b'"tags":{"a":' + b"[" * levels + b"]" * levels + b","
    return lambda raw: raw.replace(b'"tags":{', inner, 1)


EVIDENCE: dict[str, Callable[[Path], object]] = {
    "null bytes at the end": of_evidence(lambda raw: raw + b"\0" * 4096),
    "null bytes and a line": of_evidence(lambda raw: raw + b"\0" * 4096 + b"\n"),
    "nested line": of_evidence(nested(DEEP)),
    "nested a little": of_evidence(nested(800)),
    "digits": of_evidence(lambda raw: raw.replace(b'"start":', b'"start":' + b"9" * 5_000, 1)),
}


def packed(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(zstandard.compress(change(GOLDEN.read_bytes())))


PACKED: dict[str, Callable[[Path], object]] = {
    "cut off": lambda path: path.write_bytes(zstandard.compress(GOLDEN.read_bytes())[:-200]),
    "by another": lambda path: path.write_bytes(gzip.compress(GOLDEN.read_bytes())),
    "one long line": packed(lambda raw: b"\0" * 2**27),
    "many short lines": packed(lambda raw: raw + b"\n" * 2**27),
    "nested": packed(nested(DEEP)),
}

COMMANDS: dict[str, tuple[str, str, dict[str, Callable[[Path], object]]]] = {
    "certify --target": ("certify --target FILE --out out", "f.toml", BROKEN),
    "certify --waivers": (
        "certify --driver inprocess --waivers FILE --out out", "f.toml", BROKEN | TOML,
    ),
    "explore": ("explore --target FILE --examples 1", "f.toml", BROKEN),
    "doctor": ("doctor --target FILE", "f.toml", BROKEN | TOML),
    "fleet": ("fleet FILE --out out", "f.toml", BROKEN | TOML),
    "fleet --target": ("fleet steady-day --target FILE --out out", "f.toml", BROKEN),
    "scenarios": ("scenarios FILE", "./f.toml", BROKEN),
    "serve --wire": ("serve --wire FILE", "f.toml", BROKEN | TOML),
    "serve --cert": ("serve --cert FILE", "f.pem", BROKEN),
    "serve --key": ("serve --cert good.pem --key FILE", "f.pem", BROKEN),
    "serve --trust": ("serve --role edge --trust FILE", "f.pem", BROKEN),
    "serve --db": (
        "serve --db f.db", "f-edge.db", {n: b for n, b in BROKEN.items() if n not in NOTHING_THERE},
    ),
    "serve --write-target": (
        "serve --write-target FILE", "f.toml",
        {n: b for n, b in BROKEN.items() if n not in NOTHING_THERE},
    ),
    "report": ("report FILE --out out", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "report --operations": ("report FILE --operations", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "verify": ("verify FILE", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "verify --checks": ("verify good.jsonl --checks FILE", "f.py", BROKEN),
    "verify --suite": ("verify good.jsonl --suite own", "own/f.feature", {
        n: b for n, b in BROKEN.items() if n != "missing"
    }),
    "compare": ("compare FILE good.jsonl", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "compare to": ("compare good.jsonl FILE", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "replay": ("replay FILE", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "shrink": ("shrink FILE", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "verify packed": ("verify FILE", "f.jsonl.zst", BROKEN | PACKED),
    "reports submit": ("reports submit FILE --to out", "f.jsonl", BROKEN | JSON | EVIDENCE),
    "reports submit packed": ("reports submit FILE --to out", "f.jsonl.zst", BROKEN | PACKED),
    "certify --resume": (
        "certify --driver inprocess --resume FILE", "f.jsonl", BROKEN | JSON | EVIDENCE,
    ),
    "cleanup": ("cleanup FILE", "f.jsonl", BROKEN | JSON),
    "cleanup --target": ("cleanup ledger.jsonl --target FILE", "f.toml", BROKEN),
    "target init": (
        "target init --defaults --out t.toml --from-openapi FILE", "f.json", BROKEN | JSON,
    ),
    "password_file": ("doctor --target t.toml", "password", BROKEN),
    "ca_file": ("doctor --target t.toml", "ca.pem", BROKEN),
    "cert_file": ("doctor --target t.toml", "cert.pem", BROKEN),
    ".env": ("doctor --target t.toml", "t.env", {
        n: b for n, b in BROKEN.items() if n not in ("missing",)
    }),
}  # fmt: skip
"""What is typed, what the file is called, and how it may be broken."""


Ended = dict[str, dict[str, object]]


def ended_on(top: Path) -> dict[str, Ended]:
    """How each command ended on each broken file: one child carries them all out."""
    here = Path.cwd()
    cases = []
    for n, (command, (words, name, broken)) in enumerate(COMMANDS.items()):
        for kind, make in broken.items():
            folder = top / str(n) / kind.replace(" ", "-")
            (folder / name).parent.mkdir(parents=True)
            beside(folder, command)
            os.chdir(folder)
            make(folder / name)
            os.chdir(here)
            made = folder / name
            if name in ("password", "t.env") and made.is_file() and not made.is_symlink():
                made.chmod(0o600)
            typed = words.replace("FILE", name)
            cases.append({"of": command, "kind": kind, "folder": str(folder), "words": typed})
    child = subprocess.run(
        [sys.executable, CHILD],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    found: dict[str, Ended] = {command: {} for command in COMMANDS}
    for line in child.stdout.splitlines():
        case = json.loads(line)
        found[case["of"]][case["kind"]] = case
    return found


def test_every_broken_file_ends_in_one_line(tmp_path: Path) -> None:
    """One test, since a fixture of the module would be made by each worker anew."""
    ended = ended_on(tmp_path)
    wrong = {
        (command, kind): told
        for command, (_, name, broken) in COMMANDS.items()
        for kind in broken
        if (told := what_is_wrong(ended[command].get(kind), name))
    }
    assert wrong == {}


def what_is_wrong(ended: dict[str, object] | None, name: str) -> str:
    if ended is None:
        return "the child died of it"
    code, said = ended["code"], str(ended["said"])
    if code not in (2, 3):
        return f"exit code {code}: {said[-2_000:]}"
    if "Traceback" in said or "defect" in said:
        return said[-2_000:]
    named = "control.secret_file" if name == "password" else Path(name).stem
    told = [line for line in said.splitlines() if named in line]
    return (
        "" if told and len(said) < 8_000 else f"it names no file, or says too much: {said[:2_000]}"
    )


TARGET = """\
schema = "pairproof/target/1"
roles = ["central"]
[implementation]
name = "x"
[central]
url = "https://127.0.0.1:1"
[control]
url = "http://127.0.0.1:1"
{secret}
[tls]
{tls}
"""


def beside(folder: Path, command: str) -> None:
    """What else the command reads, all of it sound."""
    shutil.copy(GOLDEN, folder / "good.jsonl")
    own = {"ca_file": 'ca_file = "ca.pem"', "cert_file": 'cert_file = "cert.pem"'}
    secret = 'secret_file = "password"' if command == "password_file" else 'secret_env = "SECRET"'
    (folder / "t.toml").write_text(TARGET.format(secret=secret, tls=own.get(command, "")))
    if command == ".env" or command == "target init":
        (folder / "t.toml").write_text(TARGET.format(secret='secret_env = "OTHER"', tls=""))
    if command == "target init":
        (folder / "t.toml").unlink()
    header = {
        "type": "ledger", "schema": "pairproof/ledger/1", "mark": "m", "implementation": "x",
        "driver": "http", "owner": {"pid": 1, "started_at": ""},
    }  # fmt: skip
    entry = {"type": "entry", "n": 1, "kind": "user", "what": "u", "side": "central"}
    lines = "".join(json.dumps(line) + "\n" for line in (header, entry))
    (folder / "ledger.jsonl").write_text(lines)
