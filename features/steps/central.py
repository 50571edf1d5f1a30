"""Steps at Palette: who reviews pairing requests, with which profiles, and what it shows."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.checkers.registry import Judge
from harness.context import central_changes, journey, local_actions, review, selection
from harness.context.context import MAIN, OTHER, Context
from harness.context.recorder import Actor, NotSupported
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.history.operation import Json, OperationRecord, Outcome

# --- clusters and requests ----------------------------------------------------------------------


@given(parsers.parse('the cluster "{label}" named "{name}"'))
def _named_cluster(context: Context, label: str, name: str) -> None:
    context.new_cluster(label, name=name)


@given(parsers.parse('the cluster "{label}" tagged "{tags}" and named "{name}"'))
def _tagged_cluster(context: Context, label: str, name: str, tags: str) -> None:
    context.new_cluster(label, name=name, tags=review.tags_from(tags))


@given(parsers.parse('a local cluster with the description "{description}" and the tags "{tags}"'))
def _described_cluster(context: Context, description: str, tags: str) -> None:
    told = review.text_from(description)
    context.new_cluster(description=told, tags=review.tags_from(tags))


@given(parsers.parse('a pending pairing request of "{label}"'))
def _pending_of(context: Context, label: str) -> None:
    context.pending(label)


@given(parsers.parse('a pending pairing request of "{label}" in another project'))
def _pending_in_another_project(context: Context, label: str) -> None:
    review.pending_in(context, label, "another project")


@given(parsers.parse('a pairing request that is "{fate}"'))
def _request_that_was(context: Context, fate: str) -> None:
    review.request_that_was(context, fate)


# --- people -------------------------------------------------------------------------------------


@given(parsers.parse('somebody with "{credentials}"'), target_fixture="person")
def _stranger(context: Context, judge: Judge, credentials: str) -> Actor:
    actor = review.stranger(context, credentials)
    if credentials == review.EXPIRED:
        look = context.recorder.perform(actor, ops.ListPairingRequests())
        after_s = context.recorder.limits.login_s
        judge.check("login_has_ended", operation=look.id, after_s=after_s)
    elif credentials == review.ENDED_KEY:
        for seen in review.let_key_end(context, actor):
            judge.check("held", operation=seen.id)
    return actor


@given("somebody who has logged in with the right password", target_fixture="person")
def _logged_in(context: Context) -> Actor:
    return review.logged_in(context)


@given(parsers.parse('a user with every permission but "{permission}"'), target_fixture="person")
def _user_without(context: Context, permission: str) -> Actor:
    return review.user_without(context, permission)


@given(parsers.parse('a user with no permission but "{permissions}"'), target_fixture="person")
def _user_with(context: Context, permissions: str) -> Actor:
    return review.user_with(context, permissions)


@given(parsers.parse('a user with every permission in "{scopes}"'), target_fixture="person")
def _user_of(context: Context, scopes: str) -> Actor:
    return review.user_of(context, scopes)


@given(
    parsers.parse(
        'by "{way}" comes a user who has "{rights}" here "{since}", and "{others}" besides'
    ),
    target_fixture="person",
)
def _comes(context: Context, way: str, rights: str, since: str, others: str) -> Actor:
    return review.newcomer(context, rights, others, way, since)


@given(
    parsers.parse(
        'by "{way}" comes a user who would "{action}" and "{amiss}", with "{others}" besides'
    ),
    target_fixture="person",
)
def _comes_in_vain(context: Context, way: str, action: str, amiss: str, others: str) -> Actor:
    return review.newcomer_without(context, action, amiss, others, way)


@given(parsers.parse('"{what}" beside it, of another cluster'))
def _beside(context: Context, what: str) -> None:
    review.put_beside(context, what)


@given(parsers.parse('"{what}" has come in between'))
def _in_between(context: Context, what: str) -> None:
    review.let_come_between(context, what)


@given(parsers.parse('"{what}" has come in between for them'))
def _in_between_for_them(context: Context, person: Actor, what: str) -> None:
    review.let_come_between(context, what, person)


@given("the target tells projects apart")
def _needs_scopes(context: Context) -> None:
    context.needs(Feature.SCOPES)


@given(parsers.parse('"{scope}" is selected'), target_fixture="person")
def _selects_scope(context: Context, person: Actor, scope: str) -> Actor:
    return review.working_in(context, person, scope)


@given(
    "each list that has them was looked at, whole and narrowed, in the project and the tenant",
    target_fixture="lists",
)
def _lists_looked_at(context: Context) -> review.Lists:
    return review.lists_of_all(context)


# --- what is done -------------------------------------------------------------------------------


@when(parsers.parse('this person tries to "{action}"'))
def _tries(context: Context, person: Actor, action: str) -> None:
    review.attempt(context, person, action)


@when(parsers.parse('this person tries to "{action}", with profiles of their own that fit'))
def _tries_by_their_own(context: Context, person: Actor, action: str) -> None:
    review.attempt_by_their_profiles(context, person, action)


@when("this person looks into the tenant as well")
def _looks_into_the_tenant(context: Context, person: Actor) -> None:
    review.attempt(context, review.working_in(context, person, "tenant"), "list")


@when(parsers.parse('of the request of "{label}", this person tries to "{action}"'))
def _tries_of(context: Context, person: Actor, action: str, label: str) -> None:
    review.attempt(context, person, action, label)


@when("somebody logs in to Palette with a wrong password")
def _wrong_password(context: Context) -> None:
    review.log_in_wrongly(context)


@when("somebody logs in to Palette with an empty password")
def _empty_password(context: Context) -> None:
    review.log_in_without_a_password(context)


@when("somebody logs in to Palette as nobody whom it knows")
def _unknown_user(context: Context) -> None:
    review.log_in_as_nobody(context)


@when("the administrator opens the request")
def _opens(context: Context) -> None:
    context.perform(context.admin(), ops.ViewPairingRequest(context.cluster().pairing_uid))


@when(parsers.parse('the administrator opens the request of "{label}" by its id'))
def _opens_of(context: Context, label: str) -> None:
    context.perform(context.admin(), ops.ViewPairingRequest(context.cluster(label).pairing_uid))


@when("the administrator lists the pairing requests")
def _lists(context: Context) -> None:
    review.list_requests(context)


@given("the administrator has accepted the request")
def _has_accepted(context: Context) -> None:
    context.must(context.accept())


@when(parsers.parse('the administrator accepts the request of "{label}"'))
def _accepts_of(context: Context, label: str) -> None:
    review.attempt(context, context.admin(), "accept", label)


@given(parsers.parse('the administrator has accepted the request of "{label}"'))
def _has_accepted_of(context: Context, label: str) -> None:
    context.must(review.attempt(context, context.admin(), "accept", label))


@given(parsers.parse('the administrator has rejected the request of "{label}"'))
def _has_rejected_of(context: Context, label: str) -> None:
    context.must(review.reject_as(context, "administrator", label))


@given(
    parsers.parse(
        'two administrators have rejected the requests of "{first}" and "{second}" at one instant'
    )
)
def _have_rejected_at_once(context: Context, first: str, second: str) -> None:
    review.reject_at_once(context, first, second)


@when("the administrator rejects the request step by step")
def _rejects_by_procedure(context: Context) -> None:
    journey.reject(context, "administrator")


@when(parsers.parse('the administrator rejects the request of "{label}"'))
def _rejects_of(context: Context, label: str) -> None:
    review.reject_as(context, "administrator", label)


@when(parsers.parse('the administrator accepts a request by an id that "{differs}"'))
def _accepts_mistyped(context: Context, differs: str) -> None:
    context.perform(context.admin(), context.acceptance().on(review.mistyped(context, differs)))


@when(parsers.parse('the administrator rejects a request by an id that "{differs}"'))
def _rejects_mistyped(context: Context, differs: str) -> None:
    context.perform(context.admin(), ops.RejectPairingRequest(review.mistyped(context, differs)))


@when(parsers.parse('"{who}" accepts the request under the name "{name}"'))
def _accepts_as(context: Context, who: str, name: str) -> None:
    review.accept_as(context, who, context.acceptance(name=name))


@given(parsers.parse('"{who}" has accepted the request under the name "{name}"'))
def _has_accepted_as(context: Context, who: str, name: str) -> None:
    context.must(review.accept_as(context, who, context.acceptance(name=name)))


@when(parsers.parse('"{who}" rejects the request'))
def _rejects_as(context: Context, who: str) -> None:
    review.reject_as(context, who)


@given(parsers.parse('"{who}" has rejected the request'))
def _has_rejected_as(context: Context, who: str) -> None:
    context.must(review.reject_as(context, who))


@when(parsers.parse('the administrator rejects the request whose tags are those of "{label}"'))
def _rejects_by_tags(context: Context, label: str) -> None:
    review.reject_by_tags(context, label)


@given(
    parsers.parse(
        'the administrator has accepted it with the name "{name}", the description'
        ' "{description}" and the tags "{tags}"'
    )
)
def _has_accepted_with(context: Context, name: str, description: str, tags: str) -> None:
    context.must(context.accept(acceptance=review.entered(context, name, description, tags)))


@given(
    parsers.parse(
        'the administrator may accept, and has accepted it with the name "{name}", the description'
        ' "{description}" and the tags "{tags}"'
    )
)
def _has_accepted_if_so(context: Context, name: str, description: str, tags: str) -> None:
    entered = review.entered(context, name, description, tags)
    context.must_if_offered(context.accept(acceptance=entered))


@given("an administrator who is logged in", target_fixture="person")
def _is_logged_in(context: Context) -> Actor:
    return review.by(context, context.admin(), "a login")


@given("another administrator has logged in since")
def _another_has_logged_in(context: Context, person: Actor) -> None:
    """Whoever is spoken of stays who they are; it is about their login, so they need one."""
    other = review.by(context, context.admin("another administrator"), "a login")
    if not (person.credentials.session and other.credentials.session):
        raise NotSupported("not both of them can log in to Palette")
    context.must(context.recorder.perform(other, ops.ListPairingRequests()))


@given("another administrator goes on", target_fixture="person")
def _another_goes_on(context: Context) -> Actor:
    return review.by(context, context.admin("another administrator"), "a login")


@given("the same administrator goes on")
def _goes_on(person: Actor) -> None:
    """In the login of before."""


@given(
    parsers.parse(
        'this person has paired "{label}" with the name "{name}", the description "{description}"'
        ' and the tags "{tags}"'
    )
)
def _has_paired(
    context: Context, person: Actor, label: str, name: str, description: str, tags: str
) -> None:
    review.must_pair(context, person, label, name, description, tags)


@when("this person changes the cluster")
def _changes(context: Context, person: Actor) -> None:
    change = central_changes.central_change(context, context.cluster().central_uid)
    context.perform(person, change)


@when("the administrator asks Palette to give the cluster back to local management")
def _releases(context: Context) -> None:
    context.perform(context.admin(), ops.ReleaseCentralCluster(context.cluster().central_uid))


@given("Palette manages the cluster")
def _is_managed(context: Context) -> None:
    central_changes.must_manage(context)


@given("another acceptance and a reject of the same request were refused")
def _others_were_refused(context: Context) -> None:
    context.must_be_refused(review.attempt(context, context.admin("another"), "accept"))
    context.must_be_refused(review.attempt(context, context.admin("another"), "reject"))


@given("the operator has sent a pairing request again")
def _has_sent_again(context: Context) -> None:
    review.must_send_again(context)


@given("opened by its id, it is shown as decided")
def _is_shown_decided(context: Context) -> None:
    review.must_show_decided(context)


@given("it has brought along the cluster's own values")
def _has_brought_values(context: Context) -> None:
    review.must_show_own_values(context)


@when("the administrator accepts the earlier request")
def _accepts_earlier(context: Context) -> None:
    uid = context.cluster().earlier_uids[-1]
    context.perform(context.admin(), context.acceptance().on(uid))


@given("both requests of the cluster wait in Palette")
def _both_wait(context: Context) -> None:
    for seen in review.await_all_that_wait(context):
        context.must_hold(seen)


@when("the administrator rejects the earlier request")
def _rejects_earlier(context: Context) -> None:
    context.perform(context.admin(), ops.RejectPairingRequest(context.cluster().earlier_uids[-1]))


@when("Palette is restarted")
def _restarted(context: Context) -> None:
    local_actions.restart(context, Side.CENTRAL)


@given("the host has confirmed the pairing")
def _confirmed(context: Context) -> None:
    operator = context.cluster().operator
    context.must_hold(
        context.recorder.await_state(operator, ops.ViewPairing(), "paired_or_not_shown")
    )


# --- what must hold -----------------------------------------------------------------------------


@then(parsers.parse('just the request of "{first}" waits in Palette, and that stays so'))
def _just_one(context: Context, judge: Judge, first: str) -> None:
    judge.check("held", operation=review.await_list(context, first).id)
    judge.check("held", operation=review.list_stays(context, first).id)


@then(parsers.parse('just the requests of "{first}" and "{second}" wait in Palette'))
@then(parsers.parse('just the requests of "{first}" and "{second}" still wait in Palette'))
def _just_two(context: Context, judge: Judge, first: str, second: str) -> None:
    judge.check("held", operation=review.await_list(context, first, second).id)


@then(
    parsers.parse(
        'just the requests of "{first}" and "{second}" wait in Palette, and that stays so'
    )
)
def _just_two_stay(context: Context, judge: Judge, first: str, second: str) -> None:
    judge.check("held", operation=review.await_list(context, first, second).id)
    judge.check("held", operation=review.list_stays(context, first, second).id)


@then(parsers.parse('just the request of "{label}" waits in the other project, and that stays so'))
def _just_one_elsewhere(context: Context, judge: Judge, label: str) -> None:
    there = review.admin_of(context, "another project")
    judge.check("held", operation=review.await_list(context, label, admin=there).id)
    judge.check("held", operation=review.list_stays(context, label, admin=there).id)


@then(
    parsers.parse('each of these lists loses the request of "{gone}", and keeps that of "{left}"')
)
def _each_list_loses(
    context: Context, judge: Judge, lists: review.Lists, gone: str, left: str
) -> None:
    for seen in review.await_in_lists(context, lists, gone, left):
        judge.check("held", operation=seen.id)


@then("no request waits in Palette, and that stays so")
def _none_waits(context: Context, judge: Judge) -> None:
    judge.check("held", operation=review.await_list(context).id)
    judge.check("held", operation=review.list_stays(context).id)


@then("the request goes on waiting in Palette")
@then(parsers.parse('the request of "{label}" goes on waiting in Palette'))
def _goes_on_waiting(context: Context, judge: Judge, label: str = MAIN) -> None:
    uid = context.cluster(label).pairing_uid
    seen = context.recorder.await_state(
        context.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)
    seen = context.recorder.stays(
        context.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)


@then(parsers.parse('the request of "{label}" no longer waits in Palette'))
def _of_gone(context: Context, judge: Judge, label: str) -> None:
    uid = context.cluster(label).pairing_uid
    seen = context.recorder.await_state(
        context.admin(), ops.ListPairingRequests(), "not_listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)


@then("Palette lists each request of the cluster that it opens as pending")
def _lists_all_that_wait(context: Context, judge: Judge) -> None:
    for seen in review.await_all_that_wait(context):
        judge.check("held", operation=seen.id)


@then(parsers.parse('the request of "{label}" is listed once'))
def _listed_once(context: Context, judge: Judge, label: str) -> None:
    uid = context.cluster(label).pairing_uid
    judge.check("listed_once", operation=context.noted("the list"), pairing_uid=uid)


@then("the request is seen in the list")
def _seen(context: Context, judge: Judge, person: Actor) -> None:
    uid, look = context.cluster().pairing_uid, ops.ListPairingRequests()
    seen = context.recorder.await_state(person, look, "listed", pairing_uid=uid)
    judge.check("held", operation=seen.id)


@then("this request is not seen")
def _not_seen(context: Context, judge: Judge) -> None:
    uid = context.cluster().pairing_uid
    judge.check("not_shown_in_list", operation=context.noted(), pairing_uid=uid)


@then(parsers.parse('it shows the cluster "{label}"'))
def _shows_cluster(context: Context, judge: Judge, label: str) -> None:
    fields = review.identity_of(context.cluster(label))
    judge.check("shows", operation=context.noted(), fields=fields)


@then(parsers.parse('it shows the tags of "{label}"'))
def _shows_tags(context: Context, judge: Judge, label: str) -> None:
    fields = review.tags_of(context.cluster(label))
    judge.check("shows", operation=context.noted(), fields=fields)


@then("opened again, it shows the state of before")
def _shows_state_of_before(context: Context, judge: Judge) -> None:
    judge.check("held", operation=review.await_state_of_before(context).id)


@then("it shows the name, the description and the tags of the local cluster")
def _shows_all(context: Context, judge: Judge) -> None:
    fields = review.borne(context.cluster(), review.KEPT, review.KEPT, review.KEPT)
    judge.check("shows", operation=context.noted(), fields=fields)


@then(
    parsers.parse(
        'the central cluster bears the name "{name}", the description "{description}" and the'
        ' tags "{tags}"'
    )
)
def _bears(context: Context, judge: Judge, name: str, description: str, tags: str) -> None:
    _bears_of(context, judge, MAIN, name, description, tags)


@then(
    parsers.parse(
        'Palette shows "{label}" with the name "{name}", the description "{description}" and the'
        ' tags "{tags}"'
    )
)
def _bears_of(
    context: Context, judge: Judge, label: str, name: str, description: str, tags: str
) -> None:
    named = name if name == review.KEPT else context.own_name(name)
    fields = review.borne(context.cluster(label), named, description, tags)
    seen = central_changes.await_central(context, fields, label)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('it shows "{label}" with nothing that was entered for "{other}"'))
def _bears_nothing_of(context: Context, judge: Judge, label: str, other: str) -> None:
    fields = review.entered_for_another(context, label, other)
    judge.check("held", operation=central_changes.no_trace_of(context, fields, label).id)


@then("the central cluster bears none of the tags that were replaced")
def _bears_none(context: Context, judge: Judge, replaced_tags: dict[str, Json]) -> None:
    seen = central_changes.no_trace_of(context, {"tags": replaced_tags})
    judge.check("held", operation=seen.id)


@when("the host has confirmed that it is managed by Palette")
def _has_confirmed(context: Context) -> None:
    context.must_be_paired()


@then("what was refused takes no effect")
def _refused_for_good(context: Context, judge: Judge) -> None:
    fields = central_changes.borne(context.performed("what was refused").record)
    judge.check("held", operation=central_changes.no_trace_of(context, fields).id)


@then("where it was taken it has had no effect")
def _no_effect_yet(context: Context, judge: Judge) -> None:
    tried = context.performed("what was tried").record
    if tried.outcome is Outcome.OK:
        _has_no_effect(context, judge, tried)


def _has_no_effect(context: Context, judge: Judge, tried: OperationRecord) -> None:
    look = ops.ViewCentralCluster(context.cluster().central_uid)
    seen = context.recorder.perform(context.admin(), look)
    args: Json = {"fields": central_changes.borne(tried)}
    judge.check("has_not_happened", operation=seen.id, predicate="bears", args=args)


@then("what was tried takes effect only if it was taken")
def _effect_if_taken(context: Context, judge: Judge) -> None:
    judge.check("held", operation=central_changes.come_of(context, "what was tried").id)


@then("where it was refused it takes none with the next change either")
def _none_with_the_next(context: Context, judge: Judge) -> None:
    central_changes.must_manage(context)
    tried = context.performed("what was tried").record
    if tried.outcome is Outcome.FAIL:
        _has_no_effect(context, judge, tried)


@then(parsers.parse('it goes on bearing the name "{name}"'))
def _goes_on_bearing(context: Context, judge: Judge, name: str) -> None:
    look = ops.ViewCentralCluster(context.cluster().central_uid)
    fields: dict[str, Json] = {"name": context.own_name(name)}
    seen = context.recorder.stays(context.admin(), look, "bears", fields=fields)
    judge.check("held", operation=seen.id)


@then("Palette shows the cluster")
def _registered(context: Context, judge: Judge) -> None:
    seen = review.await_registered(context)
    judge.check("held", operation=seen.id)


@given("Palette has a list of clusters")
def _lists_clusters(context: Context) -> None:
    listed = context.recorder.perform(context.admin(), ops.ListCentralClusters())
    context.must_if_offered(listed)


@then(parsers.parse('Palette lists the cluster once, by the name "{name}"'))
def _cluster_listed(context: Context, judge: Judge, name: str) -> None:
    seen = review.await_listed_cluster(context, MAIN, context.own_name(name))
    judge.check("held", operation=seen.id)


@then(parsers.parse('Palette goes on listing no other cluster by the name "{name}"'))
def _no_other_listed(context: Context, judge: Judge, name: str) -> None:
    judge.check("held", operation=review.no_other_listed(context, name).id)


@then("Palette lists the other cluster once as well")
def _other_cluster_listed(context: Context, judge: Judge) -> None:
    own = context.cluster(OTHER).cluster.name
    judge.check("held", operation=review.await_listed_cluster(context, OTHER, own).id)


@given("an administrator of another project who lists clusters", target_fixture="person")
def _elsewhere(context: Context) -> Actor:
    person = review.admin_of(context, "another project")
    context.must(context.recorder.perform(person, ops.ListCentralClusters()))
    return person


@then("the cluster is not among those")
def _cluster_not_listed(context: Context, judge: Judge, person: Actor) -> None:
    look, uid = ops.ListCentralClusters(), context.cluster().central_uid
    seen = context.recorder.stays(person, look, "cluster_not_listed", cluster_uid=uid)
    judge.check("held", operation=seen.id)


@then("Palette manages the cluster")
@then("Palette still manages the cluster")
def _managed(context: Context, judge: Judge, kind: str = "") -> None:
    changed = central_changes.change_once_taken(context, kind)
    judge.check("held", operation=changed.id)
    fields = central_changes.borne(changed)
    seen = central_changes.await_central(context, fields)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('the "{first}" and the "{second}", {when}, both take effect'))
def _both_take_effect(context: Context, judge: Judge, first: str, second: str, when: str) -> None:
    central_changes.must_manage(context)
    changed = central_changes.change_both(context, first, second, when)
    for each in changed:
        judge.check("succeeded", operation=each.id)
    fields = {name: v for each in changed for name, v in central_changes.borne(each.record).items()}
    seen = central_changes.await_central(context, fields)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@given("its profiles were found to match")
def _found_to_match(context: Context) -> None:
    context.must(selection.match(context))


@then(parsers.parse('the "{kind}" by Palette takes effect'))
def _managed_by(context: Context, judge: Judge, kind: str) -> None:
    _managed(context, judge, kind)
