"""The embedded reference: both sides as servers, reached through a target file, gone at the end."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.catalogue.requirement import Feature, Role
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import Reason, Refused
from harness.opening import UnknownDriver, open_embedded, open_target
from harness.reference.behaviour import Behaviour
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.description import environment, target_text
from harness.reference.embedded import (
    Agents,
    AgentsStopped,
    EmbeddedReference,
    Layout,
    Other,
    Secrets,
    databases,
)
from harness.reference.server import AddressError
from harness.reference.sides import ArrangementError
from harness.targets.http import HttpDriver
from harness.targets.port import CannotArrange
from harness.targets.target import Target
from harness.targets.target_file import read_target
from tests.integration.serve.people import People
from tests.integration.serve.threads import left_of

SMALL = Layout(clusters=1, hosts=2)


def target_of(reference: EmbeddedReference) -> Target:
    text, folder = target_text(reference), reference.ca_file.parent
    return read_target(text, "embedded.toml", folder, environment(reference))


@pytest.fixture
def nothing_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert left_of(before) == set()


@pytest.fixture
def reference(nothing_left: None) -> Iterator[EmbeddedReference]:
    with EmbeddedReference(7, SMALL) as running:
        yield running


@pytest.fixture
def driver(reference: EmbeddedReference) -> Iterator[HttpDriver]:
    reached = HttpDriver(target_of(reference))
    yield reached
    reached.close()


@pytest.fixture
def people(driver: HttpDriver) -> People:
    return People(driver)


# --- what it is ---------------------------------------------------------------------------------


def test_it_describes_itself_as_a_target_file(reference: EmbeddedReference) -> None:
    target = target_of(reference)
    assert target.info.name == "pairproof reference"
    assert target.info.roles == {Role.EDGE, Role.CENTRAL}
    assert target.info.features == {
        *(Feature.PAGES, Feature.SCOPES, Feature.MULTI_NODE),
        *(Feature.CLOCK, Feature.MANAGEMENT_SWITCH),
    }
    assert target.slots() == reference.slots
    assert target.controls.keys() == set(arrangements.Side)
    assert target.is_local()


def test_the_driver_for_it_finds_every_address_in_order(nothing_left: None) -> None:
    driver = open_embedded(3)
    assert len(driver.inventory().slots) == 3
    assert set(driver.inventory().endpoint_forms) == {form.value for form in EndpointForm}
    driver.close()


def test_secrets_are_the_seeds_or_nobodys() -> None:
    assert Secrets.seeded(1) == Secrets.seeded(1) != Secrets.seeded(2)
    assert Secrets.fresh() != Secrets.fresh()
    assert Secrets.seeded(1).control not in repr(Secrets.seeded(1))


def test_plain_http_is_a_choice(nothing_left: None) -> None:
    with EmbeddedReference(7, Layout(1, 1, tls=False)) as reference:
        target = target_of(reference)
        assert all(url.startswith("http://") for url in target.addresses())
        driver = HttpDriver(target)
        driver.check()
        driver.close()


# --- it works -----------------------------------------------------------------------------------


def test_a_request_goes_from_the_edge_to_palette(people: People) -> None:
    sent = people.sends()
    assert isinstance(sent, ops.Done)
    listed = people.ask(ops.ListPairingRequests())
    assert isinstance(listed, ops.Done)
    assert isinstance(listed.value, ops.PairingList)
    assert [i.pairing_uid for i in listed.value.items] == [sent.value.pairing_uid]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "form", [EndpointForm.BARE_HOST, EndpointForm.URL, EndpointForm.PLAIN_HTTP], ids=str
)
def test_every_usable_form_of_the_endpoint_is_one(people: People, form: EndpointForm) -> None:
    assert isinstance(people.sends(form), ops.Done)


@pytest.mark.parametrize(
    "form",
    [f for f in EndpointForm if f.name not in ("USABLE", "BARE_HOST", "URL", "PLAIN_HTTP")],
    ids=str,
)
def test_every_bad_form_is_refused(people: People, form: EndpointForm) -> None:
    reply = people.sends(form)
    assert isinstance(reply, Refused), reply
    assert reply.reason in (Reason.ENDPOINT_UNUSABLE, Reason.HOST_UNREACHABLE)


def test_an_untrusted_palette_is_usable_where_that_is_asked_for(people: People) -> None:
    assert isinstance(people.sends(EndpointForm.UNTRUSTED, insecure=True), ops.Done)


@pytest.mark.parametrize("side", list(arrangements.Side))
def test_a_restart_loses_nothing(people: People, side: arrangements.Side) -> None:
    sent = people.sends()
    people.driver.arrange(arrangements.Restart(side))
    people.log_in()
    shown = people.ask(ops.ViewPairing())
    assert isinstance(sent, ops.Done)
    assert isinstance(shown, ops.Done)
    assert shown.value.pairing_uid == sent.value.pairing_uid  # type: ignore[union-attr]


def test_a_host_waits_for_a_silent_palette_no_longer_than_it_should(people: People) -> None:
    start = time.monotonic()
    silent = people.driver.inventory().endpoint_forms[EndpointForm.SILENT.value]
    people.ask(ops.VerifyConnection(silent, "the-token"))
    assert time.monotonic() - start < 5


# --- it ends ------------------------------------------------------------------------------------


def test_closing_leaves_no_port_thread_or_file(nothing_left: None) -> None:
    reference = EmbeddedReference(7, SMALL)
    addresses = reference.addresses
    urls = [addresses.control, *addresses.local_ui.values()]
    urls += [url for url in addresses.palette.values() if "://" in url]
    folder = reference.ca_file.parent
    reference.close()
    reference.close()
    assert not folder.exists()
    for url in set(urls):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5)


def test_a_port_that_is_taken_leaves_nothing_either(nothing_left: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"127.0.0.1:{port}: cannot be listened on"):
            EmbeddedReference(7, Layout(1, 1, port_base=port))


def test_databases_that_are_given_are_kept(tmp_path: Path, nothing_left: None) -> None:
    db = tmp_path / "kept.db"
    with EmbeddedReference(7, SMALL, db=db) as first:
        assert not first.was_there
        first.arrange(arrangements.CreateProject("p1", "Project"))
    assert all(path.exists() for path in databases(db))
    with EmbeddedReference(7, SMALL, db=db) as second:
        assert second.was_there


# --- one side only ------------------------------------------------------------------------------


def test_one_side_serves_and_arranges_itself_alone(nothing_left: None) -> None:
    with EmbeddedReference(
        7, Layout(1, 1, sides=frozenset({arrangements.Side.CENTRAL}))
    ) as central:
        assert central.addresses.local_ui == {}
        central.arrange(arrangements.CreateProject("p1", "Project"))
        with pytest.raises(ArrangementError, match="does not play the edge side"):
            central.arrange(arrangements.Restart(arrangements.Side.EDGE))


def trusting(central: EmbeddedReference) -> Other:
    return Other(trusted=ssl.create_default_context(cafile=central.ca_file))


def test_two_processes_sides_make_one_target(nothing_left: None) -> None:
    sides = [
        Layout(1, 2, sides=frozenset({side}))
        for side in (arrangements.Side.EDGE, arrangements.Side.CENTRAL)
    ]
    with (
        EmbeddedReference(7, sides[1]) as central,
        EmbeddedReference(7, sides[0], other=trusting(central)) as edge,
    ):
        texts = [target_text(edge), target_text(central)]
        edge_part = texts[0][texts[0].index("[edge.login]") : texts[0].index("[limits]")]
        edge_part += texts[0][texts[0].index("[edge.control]") :]
        central_part = texts[1][texts[1].index("[central]") : texts[1].index("[limits]")]
        central_part += texts[1][texts[1].index("[central.control]") :].replace(
            "PAIRPROOF_CONTROL_SECRET", "OTHER_SECRET"
        )
        head = target_text(edge).partition("[edge.login]")[0]
        text = f"{head}{edge_part}{central_part}\n[tls]\ninsecure = true\n"
        variables = {**environment(edge), "OTHER_SECRET": central.secrets.control}
        driver = HttpDriver(read_target(text, "two.toml", Path(), variables))
        driver.check()
        assert isinstance(People(driver).sends(), ops.Done)
        driver.close()


# --- agents -------------------------------------------------------------------------------------


class Broken(EdgeCore):
    """An edge whose agents have a defect."""

    def working_slots(self) -> list[str]:
        raise ZeroDivisionError("a planted defect")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_of_the_agents_is_not_silent(nothing_left: None) -> None:
    reference = EmbeddedReference(7, SMALL, behaviour=Behaviour(make_edge=Broken))
    driver = HttpDriver(target_of(reference))
    until(lambda: _refused(driver))
    with pytest.raises(CannotArrange, match="agents have stopped: ZeroDivisionError"):
        driver.arrange(arrangements.CreateProject("p1", "Project"))
    driver.close()
    with pytest.raises(AgentsStopped, match="a planted defect"):
        reference.close()


def _refused(driver: HttpDriver) -> bool:
    try:
        driver.arrange(arrangements.CreateProject("p1", "Project"))
    except CannotArrange:
        return True
    return False


def until(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    give_up = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up


def test_agents_work_until_they_are_stopped() -> None:
    worked = threading.Event()
    agents = Agents(worked.set, 1_000)
    assert worked.wait(10)
    agents.stop()
    agents.stop()
    worked.clear()
    agents.check()
    assert not worked.is_set()


# --- opening ------------------------------------------------------------------------------------


def test_an_unknown_driver_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UnknownDriver, match=r"'htttp'; there are inprocess, http"):
        open_target("htttp", None, 1)


def test_the_driver_in_process_takes_no_target_file() -> None:
    with pytest.raises(UnknownDriver, match=r"cannot reach some\.toml; use the driver http"):
        open_target("inprocess", Path("some.toml"), 1)
