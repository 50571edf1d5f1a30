"""Steps at the edge: the cluster's condition, its links, what is entered at Local UI."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.checkers.registry import Judge
from harness.domain.arrangements import InstallCluster, SetHostMode, Side
from harness.domain.cluster import Health, ManagementMode
from harness.domain.operations import ListPairingRequests, VerifyConnection
from harness.scenes import local_moves
from harness.scenes.entries import HOUR, SECOND, endpoint_of_form, token_of_kind
from harness.scenes.scene import ClusterShape, Context

OTHER = "another cluster"

# --- the cluster's condition ------------------------------------------------------------------


@given(
    parsers.parse("a local cluster with {control:d} control plane nodes and {workers:d} workers")
)
def _many_nodes(scene: Context, control: int, workers: int) -> None:
    scene.needs(Feature.MULTI_NODE)
    scene.new_cluster(shape=ClusterShape(control, workers))


@given(
    parsers.parse(
        "a local cluster with {control:d} control plane nodes and {workers:d} workers"
        " in {pools:d} pools"
    )
)
def _many_pools(scene: Context, control: int, workers: int, pools: int) -> None:
    scene.needs(Feature.MULTI_NODE)
    scene.new_cluster(shape=ClusterShape(control, workers, pools))


@given(parsers.parse('the cluster is in state "{state}"'))
@when(parsers.parse('the cluster is in state "{state}"'))
def _in_state(scene: Context, state: str) -> None:
    local_moves.set_state(scene, state)


@given(parsers.parse('the node "{position}" is unhealthy'))
@when(parsers.parse('the node "{position}" turns unhealthy'))
def _unhealthy(scene: Context, position: str) -> None:
    local_moves.set_health(scene, position, Health.UNHEALTHY)


@when(parsers.parse('the node "{position}" recovers'))
def _recovers(scene: Context, position: str) -> None:
    local_moves.set_health(scene, position, Health.HEALTHY)


@given("the hosts have no cluster")
def _no_cluster(scene: Context) -> None:
    scene.stage.arrange(InstallCluster(scene.cluster().slot.uid, None))


@given("the hosts were installed in central mode")
def _central_mode(scene: Context) -> None:
    scene.stage.arrange(SetHostMode(scene.cluster().slot.uid, ManagementMode.CENTRAL))


# --- links ------------------------------------------------------------------------------------


@given(parsers.parse("host {position:d} of the cluster cannot reach Palette"))
@when(parsers.parse("host {position:d} of the cluster cannot reach Palette"))
def _host_cut_off(scene: Context, position: int) -> None:
    local_moves.set_link(scene, position, up=False)


@when(parsers.parse("host {position:d} of the cluster can reach Palette again"))
def _host_linked(scene: Context, position: int) -> None:
    local_moves.set_link(scene, position, up=True)


@given("the cluster cannot reach Palette")
@when("the cluster cannot reach Palette")
@when("the cluster cannot reach Palette any more")
def _cut_off(scene: Context) -> None:
    local_moves.set_links(scene, up=False)


@given("the cluster can reach Palette again")
@when("the cluster can reach Palette again")
def _linked(scene: Context) -> None:
    local_moves.set_links(scene, up=True)


@given("the other cluster cannot reach Palette")
def _other_cut_off(scene: Context) -> None:
    local_moves.set_links(scene, up=False, label=OTHER)


# --- entries ----------------------------------------------------------------------------------


@given(parsers.parse('a registration token that is "{kind}"'))
def _token(scene: Context, kind: str) -> None:
    scene.use_token(token_of_kind(scene, kind))


@given(parsers.parse('a registration token of "{project}"'))
def _token_of(scene: Context, project: str) -> None:
    scene.use_token(scene.new_token(scene.project(project)))


@given("an hour and a second have passed at Palette")
def _an_hour_later(scene: Context) -> None:
    scene.put_clock_forward(Side.CENTRAL, HOUR + SECOND)


@given(parsers.parse('an endpoint of the form "{form}"'))
def _endpoint(scene: Context, form: str) -> None:
    scene.endpoint = endpoint_of_form(scene, form)


@given("insecure is asked for")
def _insecure(scene: Context) -> None:
    scene.insecure = True


# --- sending ----------------------------------------------------------------------------------


@given("a send that was refused")
def _refused_before(scene: Context) -> None:
    scene.must_be_refused(scene.send())


@when("the operator checks the connection")
def _check_connection(scene: Context) -> None:
    operation = VerifyConnection(scene.endpoint, scene.token().value, scene.insecure)
    scene.perform(scene.cluster().operator, operation, "the check")


@when(parsers.parse("the operator checks the connection on host {position:d}"))
def _check_connection_on(scene: Context, position: int) -> None:
    operation = VerifyConnection(scene.endpoint, scene.token().value, scene.insecure)
    scene.perform(scene.log_in(scene.cluster().host(position)), operation, "the check")


@when(parsers.parse("the operator sends a pairing request from host {position:d}"))
def _send_from(scene: Context, position: int) -> None:
    scene.note("the send", scene.send(actor=scene.log_in(scene.cluster().host(position))))


# --- what must hold ---------------------------------------------------------------------------


@then("an answer comes in bounded time")
def _bounded(scene: Context, judge: Judge) -> None:
    limit_s = scene.stage.limits.answer_s
    judge.check("answered_within", operation=scene.noted(), limit_s=limit_s)


@then("the connection check says yes")
def _says_yes(scene: Context, judge: Judge) -> None:
    judge.check("connection_check_says", operation=scene.noted(), verified=True)


@then("the connection check says no")
def _says_no(scene: Context, judge: Judge) -> None:
    judge.check("connection_check_says", operation=scene.noted(), verified=False)


@then(parsers.parse("the answer names host {position:d} and no other"))
def _names_host(scene: Context, judge: Judge, position: int) -> None:
    named, others = local_moves.names_of_host(scene, position)
    judge.check("answer_names", operation=scene.noted(), named=named, not_named=others)


@then(parsers.parse('the error is about "{topic}"'))
def _is_about(scene: Context, judge: Judge, topic: str) -> None:
    judge.check("error_is_about", operation=scene.noted(), topic=topic)


@then("the error does not repeat the token")
def _not_repeated(scene: Context, judge: Judge) -> None:
    judge.check("token_is_not_repeated", operation=scene.noted())


@then(parsers.parse('the error tells that the endpoint is "{trouble}"'))
def _tells_trouble(scene: Context, judge: Judge, trouble: str) -> None:
    judge.check("error_tells_trouble", operation=scene.noted(), trouble=trouble)


@then("nobody's request reaches Palette")
def _nobodys_request(scene: Context, judge: Judge) -> None:
    seen = scene.stage.stays(
        scene.admin(), ListPairingRequests(), "listed_exactly", pairing_uids=[]
    )
    judge.check("held", operation=seen.id)
