"""Steps at the edge: the cluster's condition, its links, what is entered at Local UI."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.checkers.registry import Judge
from harness.context import crossing, local_actions, neighbours, review
from harness.context.context import OTHER, ClusterShape, Context
from harness.context.entries import HOUR, LEEWAY, endpoint_of_form, token_of_kind
from harness.context.recorder import NotSupported
from harness.domain.arrangements import Side
from harness.domain.cluster import Health
from harness.domain.operations import VerifyConnection

POSITIONS = {"first": 1, "second": 2, "last": -1}

# --- the cluster's condition ------------------------------------------------------------------


@given(
    parsers.parse(
        "a local cluster of at least {control:d} control plane nodes and {workers:d} workers"
    )
)
def _many_nodes(context: Context, control: int, workers: int) -> None:
    context.needs(Feature.MULTI_NODE)
    context.new_cluster(shape=ClusterShape(control, workers))


@given(
    parsers.parse(
        "a local cluster of at least {control:d} control plane nodes and {workers:d} workers"
        " in {pools:d} pools"
    )
)
def _many_pools(context: Context, control: int, workers: int, pools: int) -> None:
    context.needs(Feature.MULTI_NODE)
    context.new_cluster(shape=ClusterShape(control, workers, pools))


@given(
    parsers.parse(
        "a local cluster of at least {control:d} control plane nodes and {workers:d} workers,"
        " one more where there is room"
    )
)
def _cluster_with_a_middle(context: Context, control: int, workers: int) -> None:
    context.needs(Feature.MULTI_NODE)
    context.new_cluster(shape=ClusterShape(control, workers, better=True))


@given(
    parsers.parse(
        "a local cluster of at least {control:d} control plane nodes and {workers:d} workers,"
        " and a free host"
    )
)
def _with_a_free_host(context: Context, control: int, workers: int) -> None:
    context.needs(Feature.MULTI_NODE)  # two are used where something is tried out first
    context.new_cluster(shape=ClusterShape(control, workers, spare=1, better=True))


@given(parsers.parse('the cluster is in state "{state}"'))
@when(parsers.parse('the cluster is in state "{state}"'))
def _in_state(context: Context, state: str) -> None:
    local_actions.set_state(context, state)


@given(parsers.parse('the node "{position}" is unhealthy'))
@when(parsers.parse('the node "{position}" turns unhealthy'))
def _unhealthy(context: Context, position: str) -> None:
    local_actions.set_health(context, position, Health.UNHEALTHY)


@when(parsers.parse('the node "{position}" recovers'))
def _recovers(context: Context, position: str) -> None:
    local_actions.set_health(context, position, Health.HEALTHY)


@given(parsers.parse('a cluster "{shape}", with "{past}" behind it'))
def _with_a_past(context: Context, shape: str, past: str) -> None:
    crossing.stand(context, shape, past)


@given(parsers.parse('since then "{what}"'))
def _has_happened(context: Context, what: str) -> None:
    crossing.let_happen(context, what)


@given(parsers.parse('its neighbour is "{which}"'))
def _has_neighbour(context: Context, which: str) -> None:
    neighbours.put_beside(context, which)


@then("its neighbour is as before")
def _neighbour_is_as_before(context: Context, judge: Judge) -> None:
    for before, after in neighbours.look_again(context):
        judge.check("unchanged", before=before, after=after)


@when(parsers.parse('by "{whom}" it is {how}'))
def _is_decided(context: Context, whom: str, how: str) -> None:
    crossing.decide(context, whom, how)


@when(parsers.parse('by "{whom}", who is let, it is {how}'))
def _is_decided_by_one_who_may(context: Context, whom: str, how: str) -> None:
    taken = crossing.decide(context, whom, how)
    if whom.startswith("the tenant's"):
        context.must_if_offered(taken)


@given(parsers.parse('the operator is at its "{host}" host, by "{login}"'))
def _is_at(context: Context, host: str, login: str) -> None:
    crossing.go_to(context, host, login)


@given(parsers.parse('the cluster "{amiss}", with "{side}" restarted'))
def _amiss(context: Context, amiss: str, side: str) -> None:
    crossing.go_amiss(context, amiss, side)


@given(parsers.parse('the cluster "{amiss}", and the edge has restarted since'))
def _amiss_before_a_restart(context: Context, amiss: str) -> None:
    crossing.go_amiss_before_a_restart(context, amiss)


@given(parsers.parse('it was "{was}" for a while, with "{side}" restarted'))
def _was_amiss(context: Context, was: str, side: str) -> None:
    crossing.recover(context, was, side)


@given("the hosts have no cluster")
def _no_cluster(context: Context) -> None:
    local_actions.leave_without_cluster(context)


@given("the hosts were installed in central mode")
def _central_mode(context: Context) -> None:
    local_actions.install_in_central_mode(context)


# --- links ------------------------------------------------------------------------------------


@given(parsers.parse("the {which} host of the cluster cannot reach Palette"))
@when(parsers.parse("the {which} host of the cluster cannot reach Palette"))
def _this_host_cut_off(context: Context, which: str) -> None:
    local_actions.set_link(context, POSITIONS[which], up=False)


@when(parsers.parse("the {which} host of the cluster can reach Palette again"))
def _this_host_linked(context: Context, which: str) -> None:
    local_actions.set_link(context, POSITIONS[which], up=True)


@given(parsers.parse("host {position:d} of the cluster cannot reach Palette"))
@when(parsers.parse("host {position:d} of the cluster cannot reach Palette"))
def _host_cut_off(context: Context, position: int) -> None:
    local_actions.set_link(context, position, up=False)


@when(parsers.parse("host {position:d} of the cluster can reach Palette again"))
def _host_linked(context: Context, position: int) -> None:
    local_actions.set_link(context, position, up=True)


@given("each of its hosts was asked for the connection")
def _each_was_asked(context: Context) -> None:
    local_actions.ask_each_host(context)


@when("the operator checks the connection until it says yes")
def _checks_until_yes(context: Context) -> None:
    local_actions.check_until_yes(context)


@when("the time has passed in which a host learns of that")
def _has_learned(context: Context) -> None:
    local_actions.let_it_be_learned(context)


@given("the operator is at a host that reaches it and knows of that")
@when("the operator goes to a host that reaches it and knows of that")
def _at_one_that_knows(context: Context) -> None:
    local_actions.go_to_a_host_that_knows(context)


@given("the cluster cannot reach Palette")
@when("the cluster cannot reach Palette")
@when("the cluster cannot reach Palette any more")
def _cut_off(context: Context) -> None:
    local_actions.set_links(context, up=False)


@given("the cluster can reach Palette again")
@when("the cluster can reach Palette again")
def _linked(context: Context) -> None:
    local_actions.set_links(context, up=True)


@given("the other cluster cannot reach Palette")
def _other_cut_off(context: Context) -> None:
    local_actions.set_links(context, up=False, label=OTHER)


@given(parsers.parse('"{label}" cannot reach Palette'))
def _named_cut_off(context: Context, label: str) -> None:
    local_actions.set_links(context, up=False, label=label)


@when(parsers.parse('"{label}" can reach Palette again'))
def _named_linked(context: Context, label: str) -> None:
    local_actions.set_links(context, up=True, label=label)


# --- entries ----------------------------------------------------------------------------------


@given(parsers.parse('a registration token that is "{kind}"'))
def _token(context: Context, kind: str) -> None:
    context.use_token(token_of_kind(context, kind))


@given(
    parsers.parse(
        'a "{endpoint}" as the endpoint, with "{certificate}" certificate, and a token "{token}"'
    )
)
def _entries(context: Context, endpoint: str, certificate: str, token: str) -> None:
    crossing.enter(context, endpoint, certificate, token)


@given(parsers.parse('a registration token of "{project}"'))
def _token_of(context: Context, project: str) -> None:
    context.use_token(context.new_token(context.project(project)))


@given("an hour and a while have passed at Palette")
def _an_hour_later(context: Context) -> None:
    context.put_clock_forward(Side.CENTRAL, HOUR + LEEWAY)


@given(parsers.parse('an endpoint of the form "{form}"'))
def _endpoint(context: Context, form: str) -> None:
    context.endpoint = endpoint_of_form(context, form)


@given("nothing is said about its certificate")
def _nothing_said(context: Context) -> None:
    context.insecure = None


@given("insecure is asked for")
def _insecure(context: Context) -> None:
    context.insecure = True


# --- sending ----------------------------------------------------------------------------------


@given("a send that was refused")
def _refused_before(context: Context) -> None:
    context.must_be_refused(context.send())


@when("the operator checks the connection")
def _check_connection(context: Context) -> None:
    operation = VerifyConnection(context.endpoint, context.unused_token().value, context.insecure)
    context.perform(context.cluster().operator, operation, "the check")


@when(parsers.parse("the operator checks the connection on host {position:d}"))
def _check_connection_on(context: Context, position: int) -> None:
    operation = VerifyConnection(context.endpoint, context.unused_token().value, context.insecure)
    context.perform(context.log_in(context.cluster().host(position)), operation, "the check")
    context.log_in_again()


@when(parsers.parse("the operator sends a pairing request from host {position:d}"))
def _send_from(context: Context, position: int) -> None:
    context.note("the send", context.send(actor=context.log_in(context.cluster().host(position))))
    context.log_in_again()


# --- what must hold ---------------------------------------------------------------------------


@then("an answer comes in bounded time")
def _bounded(context: Context, judge: Judge) -> None:
    limit_s = context.recorder.limits.answer_s
    judge.check("answered_within", operation=context.noted(), limit_s=limit_s)


@then("the connection check says yes")
def _says_yes(context: Context, judge: Judge) -> None:
    judge.check("connection_check_says", operation=context.noted(), verified=True)


@then("the connection check says no")
def _says_no(context: Context, judge: Judge) -> None:
    judge.check("connection_check_says", operation=context.noted(), verified=False)


@then(parsers.parse("the answer names the {which} host and no other"))
def _names_host(context: Context, judge: Judge, which: str) -> None:
    if context.cluster().operator.host_uid not in context.answering:
        raise NotSupported("no host but the one that is cut off answers the connection check")
    named, others = local_actions.names_of_host(context, context.cluster().host(POSITIONS[which]))
    judge.check("answer_names", operation=context.noted(), named=named, not_named=others)


@then(parsers.parse('the error tells "{trouble}"'))
def _tells(context: Context, judge: Judge, trouble: str) -> None:
    words, others = context.words_for(trouble), [context.noted("the refused")]
    judge.check(
        "error_tells", operation=context.noted(), trouble=trouble, words=words, others=others
    )


@then("nobody's request reaches Palette")
def _nobodys_request(context: Context, judge: Judge) -> None:
    judge.check("held", operation=review.list_stays(context).id)
