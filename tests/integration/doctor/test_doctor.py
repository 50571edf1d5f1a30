"""Broken set-ups, each explained with what to do. Each begins as one that works."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import trustme

from harness.cli.commands.options import ResultFormat
from harness.cli.commands.targets import DoctorOptions, Rehearsal
from harness.cli.doctor import doctor
from harness.doctor.answers import examine_answers
from harness.doctor.finding import Severity
from harness.domain import arrangements
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode, Node, NodePool
from harness.domain.permission import every_grant
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference, Layout
from harness.running.session import suite_words
from harness.suite import suite_dir
from harness.targets.http import HttpDriver
from harness.targets.target_file import read_target
from tests.integration.http import faulty
from tests.integration.http.faulty import answer
from tests.integration.http.targets import NOT_LOGGED_IN

FEW = Rehearsal(requirement=("WDR-1", "SND-2"))
"""Ten scenarios, one of which needs two clusters, and two that only pages can show."""
THEIRS = tuple(suite_dir("features") / f"{name}.feature" for name in ("send", "withdraw"))
"""All others would be read for each of these tests as well."""

PAGE = answer("200 OK", b"<html><body>Welcome</body></html>")
GIVEN_ALONE = '[arrange]\nways = ["given"]'
"""Clusters are taken as they are."""
BUSY = answer("429 Too Many Requests", b'{"code": "TooManyRequests", "message": "slower"}')


@dataclass
class Setup:
    """A target file that is right, the environment that it needs, and how to break them."""

    reference: EmbeddedReference
    folder: Path
    text: str
    environment: dict[str, str]
    held: ExitStack
    code: int = 0
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "target.toml"

    @property
    def slot(self) -> str:
        return self.reference.slots[0].uid

    @property
    def host(self) -> str:
        return self.reference.slots[0].host_uids[0]

    @property
    def local_ui(self) -> str:
        return self.reference.addresses.local_ui[self.host]

    @property
    def palette(self) -> str:
        return next(iter(self.reference.addresses.palette.values()))

    def replace(self, old: str, new: str) -> None:
        """Change the target file."""
        assert old in self.text
        self.text = self.text.replace(old, new)

    def without(self, *tables: str) -> None:
        """Leave out tables (and lists of tables) of the target file."""
        kept, skipping = [], False
        for line in self.text.splitlines():
            if found := re.match(r"\[+([\w.]+)\]+$", line):
                skipping = found[1].split(".")[0] in tables or found[1] in tables
            kept += [] if skipping else [line]
        self.text = "\n".join(kept) + "\n"

    def add(self, text: str) -> None:
        """Add a table at the end."""
        self.text += f"\n{text}\n"

    def first(self, line: str) -> None:
        """Add a key at the top."""
        self.text = f"{line}\n{self.text}"

    def serve(self, said: bytes, tls: ssl.SSLContext | None = None) -> str:
        """A server that gives the same answer to everything; its address."""
        behave = faulty.always(said)
        return self.held.enter_context(faulty.running(behave, tls)).url


def node(setup: Setup) -> Node:
    return Node("control-plane-1", setup.host)


def install(setup: Setup) -> None:
    pool = NodePool("control-plane-pool", True, (node(setup),))
    setup.reference.arrange(
        arrangements.InstallCluster(setup.slot, Cluster("c-1", "quay", pools=(pool,)))
    )


@pytest.fixture(scope="module")
def reference() -> Iterator[EmbeddedReference]:
    with EmbeddedReference(3, Layout(clusters=3, hosts=5)) as running:
        yield running


@pytest.fixture
def setup(
    reference: EmbeddedReference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Setup]:
    with ExitStack() as held:
        made = Setup(
            reference, tmp_path, target_text(reference), dict(environment(reference)), held
        )
        install(made)
        yield made


Examine = Callable[[Setup], "list[dict[str, str]]"]


@pytest.fixture
def examine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examine:
    """Write the file, ask the doctor, and return what was found that is not good."""

    def examined(setup: Setup) -> list[dict[str, str]]:
        if not setup.file.exists() and setup.text:
            setup.file.write_text(setup.text, "utf-8")
        for name, value in setup.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("harness.cli.doctor.suite_words", partial(suite_words, files=THEIRS))
        setup.code = doctor(
            DoctorOptions(
                target=setup.file, format=ResultFormat.JSON, everything=True, rehearsal=FEW
            )
        )
        said = capsys.readouterr()
        setup.document = json.loads(said.out)
        for secret in setup.environment.values():
            assert secret not in said.out + said.err
        return [f for f in setup.document["findings"] if f["level"] != "good"]

    return examined


def test_a_set_up_that_works_is_ready(setup: Setup, examine: Examine) -> None:
    assert examine(setup) == []
    assert (setup.code, setup.document["verdict"]) == (0, "ready")
    assert setup.document["judged"] == 17
    (pages,) = setup.document["missing"]
    assert (pages["verdict"], pages["what"]) == ("not_supported", "its pages are not seen")
    assert pages["remedy"] == "PAIRPROOF_BROWSER=no says that none is to be used"
    assert pages["scenarios"] == [told["scenario"] for told in setup.document["not_judged"]]
    assert 0 < setup.document["seconds"] < 600
    assert setup.document["basis"].startswith("an estimate: ")
    assert (setup.document["clusters_used_up"], setup.document["clusters_disposable"]) == (0, None)


def test_with_a_browser_pages_are_judged(
    setup: Setup, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.doctor.rehearsing.missing", lambda: "")
    assert examine(setup) == []
    assert setup.document["missing"] == []
    assert setup.document["judged"] == 19


def test_what_is_not_offered_is_counted_and_not_asked_for(setup: Setup, examine: Examine) -> None:
    for kind in ("ListTokens", "SendPairingRequest"):
        setup.add(f'[paths.{kind}]\nnot_offered = "there is none"')
    examine(setup)
    lacks = {each["what"]: each for each in setup.document["missing"]}
    assert {each["verdict"] for each in lacks.values()} == {"not_supported"}
    told = "the target does not offer {}: there is none"
    assert lacks[told.format("SendPairingRequest")]["scenarios"]
    assert told.format("ListTokens") not in lacks, "nobody needs it"
    assert setup.code == 0


def test_a_command_for_everything_is_asked_what_it_can(setup: Setup, examine: Examine) -> None:
    lab = Path(__file__).parents[3] / "examples" / "targets" / "lab" / "arrange.py"
    setup.add(f'[arrange]\nways = ["commands"]\n[arrange.commands."*"]\ncommand = ["{lab}"]')
    found = examine(setup)
    lacks = {each["what"]: each["remedy"] for each in setup.document["missing"]}
    assert f"commands: the command {lab} does not say that it can" in lacks.values()
    assert setup.code == 3, found


def test_one_that_does_not_know_the_question_is_taken_to_do_everything(
    setup: Setup, examine: Examine
) -> None:
    setup.add('[arrange]\nways = ["commands"]\n[arrange.commands."*"]\ncommand = ["false"]')
    found = [f for f in examine(setup) if "is taken to arrange everything" in f["what"]]
    assert [f["level"] for f in found] == ["note"]
    assert {each["verdict"] for each in setup.document["missing"]} == {"not_supported"}


# --- the file ---------------------------------------------------------------------------------


def no_file(setup: Setup) -> None:
    setup.text = ""


def not_toml(setup: Setup) -> None:
    setup.first("roles = [")


def misspelt_key(setup: Setup) -> None:
    setup.replace("[limits]", "[limit]")


def a_role_without_its_side(setup: Setup) -> None:
    setup.without("central", "control")
    setup.add(
        f'[edge.control]\nurl = "{setup.reference.addresses.control}"\n'
        'secret_env = "PAIRPROOF_CONTROL_SECRET"'
    )


def variable_not_set(setup: Setup) -> None:
    setup.replace("PAIRPROOF_LOCAL_UI_PASSWORD", "NOBODY_HAS_SET_THIS")


def readable_credentials(setup: Setup) -> None:
    secret = setup.folder / "password"
    secret.write_text("anything\n", "utf-8")
    secret.chmod(0o644)
    setup.replace('password_env = "PAIRPROOF_LOCAL_UI_PASSWORD"', 'password_file = "password"')


def no_ca_file(setup: Setup) -> None:
    setup.replace(str(setup.reference.ca_file), "nowhere.pem")


def nothing_may_be_written(setup: Setup) -> None:
    setup.replace(setup.palette, "https://192.0.2.7")
    setup.add("[timeouts]\nconnect_s = 0.1")


# --- the network ------------------------------------------------------------------------------


def another_ca(setup: Setup) -> None:
    trustme.CA().cert_pem.write_to_path(str(setup.folder / "other.pem"))
    setup.replace(str(setup.reference.ca_file), "other.pem")


def another_certificate_is_pinned(setup: Setup) -> None:
    pin = ":".join(["AB"] * 32)
    setup.replace(f'ca_file = "{setup.reference.ca_file}"', f'fingerprints = ["sha256:{pin}"]')


def name_that_nobody_knows(setup: Setup) -> None:
    setup.replace(setup.local_ui, "https://edge-1.invalid:5080")
    setup.first("allow_writes = true")


def nobody_listens(setup: Setup) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    setup.replace(setup.local_ui, f"https://localhost:{port}")


def nobody_listens_where_operators_send_hosts(setup: Setup) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    setup.replace("[central]\n", f'[central]\nendpoint = "https://localhost:{port}"\n')


def plain_http_is_asked(setup: Setup) -> None:
    setup.replace(f'url = "{setup.palette}"', f'url = "{setup.palette.replace("https", "http")}"')


def expired_certificate(setup: Setup) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(setup.folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_after=yesterday).configure_cert(context)
    url = setup.serve(NOT_LOGGED_IN, context)
    setup.replace(f'url = "{setup.palette}"', f'url = "{url}"')
    setup.add('[central.tls]\nca_file = "ca.pem"')


# --- what answers -----------------------------------------------------------------------------


def a_page_answers(setup: Setup) -> None:
    setup.replace(f'url = "{setup.palette}"', f'url = "{setup.serve(PAGE)}"')


def nobody_answers(setup: Setup) -> None:
    listener = setup.held.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = listener.getsockname()[1]
    setup.replace(f'url = "{setup.palette}"', f'url = "http://127.0.0.1:{port}"')
    setup.add("[timeouts]\ncheck_s = 0.2")


def a_path_that_is_not_there(setup: Setup) -> None:
    setup.add('[paths.LogIn]\npath = "/v2/login"')


def too_many_requests(setup: Setup) -> None:
    setup.replace(f'url = "{setup.palette}"', f'url = "{setup.serve(BUSY)}"')


def a_clock_that_is_wrong(setup: Setup) -> None:
    date = b"Date: Mon, 02 Mar 2020 08:00:00 GMT\r\n"
    head, _, body = NOT_LOGGED_IN.partition(b"\r\n")
    url = setup.serve(head + b"\r\n" + date + body)
    setup.replace(f'url = "{setup.palette}"', f'url = "{url}"')


def the_wrong_secret(setup: Setup) -> None:
    setup.environment["PAIRPROOF_CONTROL_SECRET"] = "another-secret"


def no_control_port(setup: Setup) -> None:
    setup.replace(setup.reference.addresses.control, setup.palette)


# --- people and clusters ------------------------------------------------------------------------


def the_wrong_password(setup: Setup) -> None:
    setup.environment["PAIRPROOF_LOCAL_UI_PASSWORD"] = "another-password"


def a_key_that_palette_does_not_know(setup: Setup) -> None:
    setup.environment["KEY"] = "no-such-key-at-all"
    setup.add('[central.admin]\napi_key_env = "KEY"')


def a_key_that_arranges_nobody(setup: Setup) -> None:
    grants = every_grant("nowhere")
    setup.reference.arrange(arrangements.PutUser("a@acme.test", "", "key-4711-of-nobody", grants))
    setup.environment["KEY"] = "key-4711-of-nobody"
    setup.add('[central.admin]\napi_key_env = "KEY"\n[arrange]\nways = ["api", "control"]')


def a_host_under_another_name(setup: Setup) -> None:
    setup.replace(f'uid = "{setup.host}"', 'uid = "edge-of-somebody"')


def a_cluster_that_is_paired(setup: Setup) -> None:
    setup.reference.arrange(arrangements.SetHostMode(setup.slot, ManagementMode.CENTRAL))
    setup.add(GIVEN_ALONE)


def a_cluster_that_is_paired_in_a_lab(setup: Setup) -> None:
    setup.reference.arrange(arrangements.SetHostMode(setup.slot, ManagementMode.CENTRAL))


def a_cluster_in_error_in_a_lab(setup: Setup) -> None:
    setup.reference.arrange(arrangements.SetClusterState(setup.slot, ClusterState.ERROR))


def a_cluster_in_error(setup: Setup) -> None:
    setup.reference.arrange(arrangements.SetClusterState(setup.slot, ClusterState.ERROR))
    setup.add(GIVEN_ALONE)


def a_node_that_is_ill(setup: Setup) -> None:
    setup.reference.arrange(
        arrangements.SetNodeHealth(setup.slot, "control-plane-1", Health.UNHEALTHY)
    )
    setup.add(GIVEN_ALONE)


def one_list_whose_pages_are_called_otherwise(setup: Setup) -> None:
    setup.add(
        '[paths.ListPairingRequests]\nrequest = { "?continue" = "?after" }\n'
        'response = { "listmeta.continue" = "next" }\n'
        '[paths.ListTokens]\nresponse = { items = "rows" }'
    )


def two_codes_for_what_hosts_are_told(setup: Setup) -> None:
    a_role_without_its_side(setup)
    setup.replace('roles = ["edge", "central"]', 'roles = ["edge"]')
    setup.add('[codes]\ntaken = "PairingRequestAccepted"\ntoo-late = "PairingRequestAccepted"')


# --- preconditions ------------------------------------------------------------------------------


def nothing_can_be_arranged(setup: Setup) -> None:
    setup.without("control")


def a_program_that_is_not_there(setup: Setup) -> None:
    setup.without("control")
    setup.add('[arrange.commands."*"]\ncommand = ["./no-such-program"]')


def the_port_of_the_peer_is_taken(setup: Setup) -> None:
    listener = setup.held.enter_context(socket.create_server(("127.0.0.1", 0)))
    setup.without("central", "control")
    setup.replace('roles = ["edge", "central"]', 'roles = ["edge"]')
    setup.add(f"[peer]\nport = {listener.getsockname()[1]}")


def one_small_place(setup: Setup) -> None:
    """A single host, where most scenarios of several nodes find no room."""
    setup.replace('"multi-node", ', "")
    begin, end = setup.text.index("[[edge.clusters]]"), setup.text.index("[central]")
    place = f'[[edge.clusters]]\nslot = "{setup.slot}"\n'
    host = f'hosts = [{{ uid = "{setup.host}", url = "{setup.local_ui}" }}]\n\n'
    setup.text = setup.text[:begin] + place + host + setup.text[end:]


BROKEN: list[tuple[Callable[[Setup], None], int, str, str, str]] = [
    (no_file, 2, "file", "there is no such file", "give the path of a target file"),
    (not_toml, 2, "file", "this is not TOML", "correct it there"),
    (misspelt_key, 2, "file", "no such key", "did you mean limits"),
    (a_role_without_its_side, 2, "file", "central", "central"),
    (variable_not_set, 2, "file", "NOBODY_HAS_SET_THIS is not set", "export NOBODY_HAS_SET_THIS"),
    (readable_credentials, 2, "file", "password", "chmod 600"),
    (no_ca_file, 2, "file", "nowhere.pem cannot be used", "correct the path"),
    (nothing_may_be_written, 2, "file", "192.0.2.7 is not on this machine", "allow_writes = true"),
    (another_ca, 2, "network", "is not trusted", "tls.ca_file"),
    (another_certificate_is_pinned, 2, "network", "AB:AB", "fingerprint"),
    (name_that_nobody_knows, 2, "network", "cannot be resolved", "spelling"),
    (nobody_listens, 2, "network", "was refused", "check the port"),
    (nobody_listens_where_operators_send_hosts, 0, "network", "operators enter", "elsewhere"),
    (plain_http_is_asked, 2, "api", "Palette", "address is the API's"),
    (expired_certificate, 2, "network", "expired", "renew it"),
    (a_page_answers, 2, "api", "<html>", "address is the API's"),
    (nobody_answers, 2, "api", "within 0.2 s", "address is the API's"),
    (a_path_that_is_not_there, 2, "login", "refuses the login", "edge.login"),
    (too_many_requests, 0, "api", "too many requests", "rate_limit.per_second"),
    (
        one_list_whose_pages_are_called_otherwise,
        0,
        "api",
        "the next page of ListTokens is read at listmeta.continue",
        "paths.ListTokens",
    ),
    (
        two_codes_for_what_hosts_are_told,
        0,
        "api",
        "of 2 codes for PairingRequestAccepted, hosts are told taken",
        "paths.WithdrawPairing.codes",
    ),
    (a_clock_that_is_wrong, 3, "api", "behind this machine's", "NTP"),
    (the_wrong_secret, 2, "api", "does not know the secret", "control.secret_env"),
    (no_control_port, 2, "api", "this is no control port", "correct control.url"),
    (the_wrong_password, 2, "login", "refuses the login", "edge.login"),
    (a_key_that_palette_does_not_know, 2, "login", "does not know the key", "api_key_env"),
    (a_key_that_arranges_nobody, 3, "login", "refuses ListRoles, ListUsers", "tenant admin"),
    (a_host_under_another_name, 2, "clusters", "does not name", "correct their uids"),
    (a_cluster_that_is_paired, 3, "clusters", "centrally managed", "reset"),
    (a_cluster_that_is_paired_in_a_lab, 0, "clusters", "has another cluster installed", ""),
    (a_cluster_in_error_in_a_lab, 0, "clusters", "Error: a run has another one installed", ""),
    (a_cluster_in_error, 3, "clusters", "which is Error", "wait until it is Running"),
    (a_node_that_is_ill, 3, "clusters", "control-plane-1", "mend them"),
    (nothing_can_be_arranged, 3, "missing", "InstallCluster cannot be arranged", "no control port"),
    (a_program_that_is_not_there, 2, "file", "no-such-program", "chmod"),
    (the_port_of_the_peer_is_taken, 2, "peer", "in use", "[peer]"),
    (
        one_small_place,
        3,
        "missing",
        "no free place for a cluster of",
        "more, or larger ones, in [[edge.clusters]]",
    ),
]


@pytest.mark.parametrize(
    ("broken", "code", "area", "what", "remedy"), BROKEN, ids=[row[0].__name__ for row in BROKEN]
)
def test_a_broken_set_up_is_explained(
    setup: Setup,
    examine: Examine,
    broken: Callable[[Setup], None],
    code: int,
    area: str,
    what: str,
    remedy: str,
) -> None:
    broken(setup)
    found = examine(setup)
    told = [f for f in found if f["area"] == area and what in f["what"]]
    assert told, found
    assert remedy in told[0]["remedy"], told[0]
    assert setup.code == code, found


def test_the_endpoint_is_trusted_as_palette_is(setup: Setup, examine: Examine) -> None:
    other = setup.palette.replace("localhost", "127.0.0.1")
    setup.replace("[central]\n", f'[central]\nendpoint = "{other}"\n')
    setup.replace("[tls]", "[edge.tls]")
    setup.text += f'\n[central.tls]\nca_file = "{setup.reference.ca_file}"\n'
    assert [f for f in examine(setup) if "operators enter" in f["what"]] == []
    assert setup.code == 0


def test_an_answer_that_comes_late_does_not_make_a_clock_wrong(setup: Setup) -> None:
    """A date is of some moment between the question and the answer."""
    target = read_target(setup.text, "late.toml", setup.folder, setup.environment)

    def looked(*apart_s: int) -> set[str]:
        late = cycle(timedelta(seconds=s) for s in apart_s)
        with closing(HttpDriver(target)) as driver:
            notes = examine_answers(driver, (), lambda: datetime.now(UTC) + next(late))
        return {found.level for found in notes.found if "clock" in found.what}

    assert looked(-20, 20) == looked(0, 20) == looked(-20, 0) == set()
    assert looked(20, 20) == looked(-20, -20) == {Severity.GAP}


def test_all_that_is_wrong_with_the_keys_is_listed(setup: Setup, examine: Examine) -> None:
    setup.add("[limts]\nawait_s = 5\n[timeouts]\nchek_s = 1\nconnect_s = 0")
    found = examine(setup)
    assert [(f["area"], f["remedy"].partition(" there are")[0]) for f in found] == [
        ("file", "did you mean limits?"),
        ("file", "did you mean check_s?"),
        ("file", "write a number of seconds above 0 and at most 60"),
    ]
    assert "timeouts.connect_s: 0 is out of bounds" in found[2]["what"]
    assert setup.code == 2
