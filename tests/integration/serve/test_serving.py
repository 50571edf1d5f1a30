"""`pairproof serve`: what it says, what it writes, and how it ends."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.opening import open_http, open_target
from harness.reference.embedded import Layout
from harness.reference.server import AddressError
from harness.serving import CannotWrite, Serve, serve
from harness.targets.port import Outgoing
from harness.targets.reading import env_file_of, read_env_file
from harness.targets.target_file import load_target

SMALL = Layout(clusters=1, hosts=2)


class Session:
    """A serving that runs in a thread of the test's."""

    def __init__(self, asked: Serve) -> None:
        self.said: list[str] = []
        self.ready = threading.Event()
        self._stop = threading.Event()
        self._codes: list[int] = []
        self._thread = threading.Thread(target=self._serve, args=(asked,))

    def _serve(self, asked: Serve) -> None:
        try:
            self._codes.append(serve(asked, self._say, self._stop))
        finally:
            self.ready.set()

    def _say(self, line: str) -> None:
        self.said.append(line)
        if line.startswith(("Credentials ", "CA to trust ")):
            self.ready.set()

    @contextmanager
    def running(self) -> Iterator[Session]:
        self._thread.start()
        try:
            assert self.ready.wait(30)
            yield self
        finally:
            self._stop.set()
            self._thread.join()
        assert self._codes == [0]


@pytest.fixture
def target_file(tmp_path: Path) -> Path:
    return tmp_path / "target.toml"


@pytest.fixture
def served(target_file: Path) -> Iterator[Session]:
    with Session(Serve(SMALL, write_target=target_file)).running() as session:
        yield session


def test_it_says_every_address_and_where_the_credentials_are(
    served: Session, target_file: Path
) -> None:
    said = "\n".join(served.said)
    for word in ("Palette", "Local UI", "Control port", "CA to trust", str(target_file)):
        assert word in said
    for secret in read_env_file(env_file_of(target_file)).values():
        if len(secret) > 20 and secret.isalnum():
            assert secret not in said or secret == project_uid(target_file)


def project_uid(target_file: Path) -> str:
    return read_env_file(env_file_of(target_file))["PAIRPROOF_PROJECT_UID"]


def test_credentials_are_said_where_they_are_written_nowhere() -> None:
    with Session(Serve(SMALL)).running() as session:
        names = ("LOCAL_UI_PASSWORD", "CONTROL_SECRET", "PALETTE_API_KEY", "REGISTRATION_TOKEN")
        said = "\n".join(session.said)
    assert all(f"PAIRPROOF_{name}=" in said for name in names)


def test_the_files_are_whole_and_the_credentials_are_for_nobody_else(
    served: Session, target_file: Path
) -> None:
    env_file = env_file_of(target_file)
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert "PASSWORD=" not in target_file.read_text("utf-8")
    names = {path.name for path in target_file.parent.iterdir()}
    assert names == {"target.toml", "target.env", "target.ca.pem"}


def test_somebody_can_walk_through_the_procedure(served: Session, target_file: Path) -> None:
    credentials = read_env_file(env_file_of(target_file))
    driver = open_http(load_target(target_file, {}))
    host = driver.inventory().slots[0].host_uids[0]

    def ask(operation: ops.Operation, **proof: str) -> ops.Reply:
        return driver.send(Outgoing(operation, ops.Credentials(**proof), host, "walk#1")).reply

    def value(reply: ops.Reply) -> object:
        assert isinstance(reply, ops.Done), reply
        return reply.value

    user = driver.local_user
    session = value(ask(ops.LogIn(user.username, user.password))).token  # type: ignore[attr-defined]
    token = credentials["PAIRPROOF_REGISTRATION_TOKEN"]
    send = ops.SendPairingRequest(driver.inventory().endpoint, token)
    uid = value(ask(send, session=session)).pairing_uid  # type: ignore[attr-defined]

    email, password = (credentials[f"PAIRPROOF_PALETTE_{n}"] for n in ("EMAIL", "PASSWORD"))
    login = value(ask(ops.LogInToPalette(email, password))).token  # type: ignore[attr-defined]
    seen = value(ask(ops.ListPairingRequests(), session=login)).items  # type: ignore[attr-defined]
    assert [item.pairing_uid for item in seen] == [uid], "where the admin's pages begin"
    scope = {"session": login, "project_uid": credentials["PAIRPROOF_PROJECT_UID"]}
    selection = demo_profiles()
    match = value(ask(ops.MatchProfiles(uid, selection), **scope))
    assert match.valid  # type: ignore[attr-defined]
    value(ask(ops.AcceptPairingRequest(uid, selection), **scope))
    waits_for(lambda: value(ask(ops.ViewPairing(), session=session)).status == "Paired")  # type: ignore[attr-defined]
    driver.close()


def demo_profiles() -> tuple[ops.SelectedProfile, ...]:
    from harness.context.stacks import DOCUMENTED_STACK
    from harness.domain.draws import derived_id

    uids = (derived_id("demonstration", "profile", n) for n, _ in enumerate(DOCUMENTED_STACK))
    return tuple(ops.SelectedProfile(uid) for uid in uids)


def waits_for(holds: Callable[[], bool]) -> None:
    import time

    give_up = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < give_up


def test_it_overwrites_its_own_file_and_nobody_elses(target_file: Path) -> None:
    for _ in range(2):
        with Session(Serve(SMALL, write_target=target_file)).running():
            pass
    target_file.write_text("schema = 'mine'\n", "utf-8")
    with pytest.raises(CannotWrite, match="left as it is"):
        serve(Serve(SMALL, write_target=target_file), lambda _: None)
    assert target_file.read_text("utf-8") == "schema = 'mine'\n"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    nowhere = tmp_path / "no" / "target.toml"
    with pytest.raises(CannotWrite, match=r"No such file.*--write-target"):
        serve(Serve(SMALL, write_target=nowhere), lambda _: None)


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match="give another port"):
            serve(Serve(Layout(1, 1, port_base=port)), lambda _: None)


@pytest.mark.parametrize("side", list(Side))
def test_one_side_writes_a_target_file_of_its_own(target_file: Path, side: Side) -> None:
    asked = Serve(Layout(1, 1, sides=frozenset({side})), write_target=target_file)
    with Session(asked).running() as session:
        said = "\n".join(session.said)
        target = load_target(target_file, {})
        assert target.sides == {side}
        assert target.controls.keys() == {side}
    text = target_file.read_text("utf-8")
    assert f"[{side.value}.control]" in text
    assert ("Local UI" in said) is ("[edge.login]" in text) is (side is Side.EDGE)
    assert ("Palette  " in said) is ("[central]" in text) is (side is Side.CENTRAL)


# --- for other machines, with a certificate of one's own ---------------------------------------


def test_other_machines_reach_it_by_its_name_with_its_certificate(
    tmp_path: Path, target_file: Path
) -> None:
    leaf = trustme.CA().issue_cert("127.0.0.1")
    leaf.private_key_pem.write_to_path(tmp_path / "lab.key")
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "lab.pem")
    layout = Layout(
        1, 1, host="127.0.0.1", cert_file=tmp_path / "lab.pem", key_file=tmp_path / "lab.key"
    )
    with Session(Serve(layout, write_target=target_file)).running():
        target = load_target(target_file, {})
        assert target.allow_writes
        assert target.central_url.startswith("https://127.0.0.1:")
        assert len(target.trust.fingerprints) == 1
        open_target("http", target_file, seed=1).close()


def test_that_it_is_a_test_server_is_said_where_others_can_reach_it() -> None:
    with Session(Serve(Layout(1, 1, bind="0.0.0.0", host="here.example"))).running() as session:
        assert any("listens on 0.0.0.0" in line for line in session.said)
        assert any("https://here.example:" in line for line in session.said)
    with Session(Serve(SMALL)).running() as session:
        assert not any("Warning" in line for line in session.said)
