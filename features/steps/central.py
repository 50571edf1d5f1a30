"""Steps at Palette: who reviews pairing requests, with which profiles, and what it shows."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.checkers.registry import Judge
from harness.domain import operations as ops
from harness.domain.arrangements import Restart, Side
from harness.domain.flows import Acceptance
from harness.history.operation import Json
from harness.scenes import journey, review
from harness.scenes.scene import Context
from harness.scenes.stage import Actor

# --- clusters and requests ----------------------------------------------------------------------


@given(parsers.parse('the cluster "{label}" named "{name}"'))
def _named_cluster(scene: Context, label: str, name: str) -> None:
    scene.new_cluster(label, name=name)


@given(parsers.parse('the cluster "{label}" tagged "{tags}" and named "{name}"'))
def _tagged_cluster(scene: Context, label: str, name: str, tags: str) -> None:
    scene.new_cluster(label, name=name, tags=review.tags_from(tags))


@given(parsers.parse('a local cluster with the description "{description}" and the tags "{tags}"'))
def _described_cluster(scene: Context, description: str, tags: str) -> None:
    told = review.text_from(description)
    scene.new_cluster(description=told, tags=review.tags_from(tags))


@given(parsers.parse('a pending pairing request of "{label}"'))
def _pending_of(scene: Context, label: str) -> None:
    scene.pending(label)


@given(parsers.parse('a pending pairing request of "{label}" in another project'))
def _pending_in_another_project(scene: Context, label: str) -> None:
    review.pending_in(scene, label, "another project")


@given(parsers.parse('a pairing request that is "{fate}"'))
def _request_that_was(scene: Context, fate: str) -> None:
    review.request_that_was(scene, fate)


# --- people -------------------------------------------------------------------------------------


@given(parsers.parse('somebody with "{credentials}"'), target_fixture="person")
def _stranger(scene: Context, credentials: str) -> Actor:
    return review.stranger(scene, credentials)


@given("somebody who has logged in with the right password", target_fixture="person")
def _logged_in(scene: Context) -> Actor:
    return review.logged_in(scene)


@given(parsers.parse('a user with every permission but "{permission}"'), target_fixture="person")
def _user_without(scene: Context, permission: str) -> Actor:
    return review.user_without(scene, permission)


@given(parsers.parse('a user with no permission but "{permissions}"'), target_fixture="person")
def _user_with(scene: Context, permissions: str) -> Actor:
    return review.user_with(scene, permissions)


@given(parsers.parse('a user with every permission in "{scopes}"'), target_fixture="person")
def _user_of(scene: Context, scopes: str) -> Actor:
    return review.user_of(scene, scopes)


@given(
    parsers.parse('a user whose permission "{permission}" was taken away'), target_fixture="person"
)
def _user_reduced(scene: Context, permission: str) -> Actor:
    return review.user_reduced(scene, permission)


@given(
    parsers.parse('a user with "{here}" in the project and every permission in another project'),
    target_fixture="person",
)
def _user_across(scene: Context, here: str) -> Actor:
    return review.user_across(scene, here, "another project")


@given("the target tells projects apart")
def _needs_scopes(scene: Context) -> None:
    scene.needs(Feature.SCOPES)


@given(parsers.parse('"{scope}" is selected'), target_fixture="person")
def _selects_scope(scene: Context, person: Actor, scope: str) -> Actor:
    return review.working_in(scene, person, scope)


# --- what is done -------------------------------------------------------------------------------


@when(parsers.parse('this person tries to "{action}"'))
def _tries(scene: Context, person: Actor, action: str) -> None:
    review.attempt(scene, person, action)


@when(parsers.parse('of the request of "{label}", this person tries to "{action}"'))
def _tries_of(scene: Context, person: Actor, action: str, label: str) -> None:
    review.attempt(scene, person, action, label)


@when("somebody logs in to Palette with a wrong password")
def _wrong_password(scene: Context) -> None:
    review.log_in_wrongly(scene)


@when("somebody logs in to Palette as nobody whom it knows")
def _unknown_user(scene: Context) -> None:
    review.log_in_as_nobody(scene)


@when("the administrator opens the request")
def _opens(scene: Context) -> None:
    scene.perform(scene.admin(), ops.ViewPairingRequest(scene.cluster().pairing_uid))


@when(parsers.parse('the administrator opens the request of "{label}" by its id'))
def _opens_of(scene: Context, label: str) -> None:
    scene.perform(scene.admin(), ops.ViewPairingRequest(scene.cluster(label).pairing_uid))


@when("the administrator lists the pairing requests")
def _lists(scene: Context) -> None:
    review.look_at_list(scene)


@given("the administrator has accepted the request")
def _has_accepted(scene: Context) -> None:
    scene.must(scene.accept())


@when(parsers.parse('the administrator accepts the request of "{label}"'))
def _accepts_of(scene: Context, label: str) -> None:
    review.attempt(scene, scene.admin(), "accept", label)


@given(parsers.parse('the administrator has accepted the request of "{label}"'))
def _has_accepted_of(scene: Context, label: str) -> None:
    scene.must(review.attempt(scene, scene.admin(), "accept", label))


@given(parsers.parse('the administrator has rejected the request of "{label}"'))
def _has_rejected_of(scene: Context, label: str) -> None:
    scene.must(review.reject_as(scene, "administrator", label))


@when("the administrator rejects the request step by step")
def _rejects_by_procedure(scene: Context) -> None:
    journey.reject(scene, "administrator")


@when(parsers.parse('the administrator rejects the request of "{label}"'))
def _rejects_of(scene: Context, label: str) -> None:
    review.reject_as(scene, "administrator", label)


@when("the administrator accepts a request by an id that differs in its last character")
def _accepts_mistyped(scene: Context) -> None:
    operation = ops.AcceptPairingRequest(review.mistyped(scene), scene.matching_selection())
    scene.perform(scene.admin(), operation)


@when("the administrator rejects a request by an id that differs in its last character")
def _rejects_mistyped(scene: Context) -> None:
    scene.perform(scene.admin(), ops.RejectPairingRequest(review.mistyped(scene)))


@when(parsers.parse('"{who}" accepts the request under the name "{name}"'))
def _accepts_as(scene: Context, who: str, name: str) -> None:
    review.accept_as(scene, who, Acceptance(scene.matching_selection(), name))


@given(parsers.parse('"{who}" has accepted the request under the name "{name}"'))
def _has_accepted_as(scene: Context, who: str, name: str) -> None:
    scene.must(review.accept_as(scene, who, Acceptance(scene.matching_selection(), name)))


@when(parsers.parse('"{who}" rejects the request'))
def _rejects_as(scene: Context, who: str) -> None:
    review.reject_as(scene, who)


@given(parsers.parse('"{who}" has rejected the request'))
def _has_rejected_as(scene: Context, who: str) -> None:
    scene.must(review.reject_as(scene, who))


@when(parsers.parse('the administrator rejects the request whose tags are those of "{label}"'))
def _rejects_by_tags(scene: Context, label: str) -> None:
    review.reject_by_tags(scene, label)


@given(
    parsers.parse(
        'the administrator has accepted it with the name "{name}", the description'
        ' "{description}" and the tags "{tags}"'
    )
)
def _has_accepted_with(scene: Context, name: str, description: str, tags: str) -> None:
    scene.must(scene.accept(acceptance=review.entered(scene, name, description, tags)))


@when("this person changes the cluster")
def _changes(scene: Context, person: Actor) -> None:
    scene.perform(person, ops.ChangeCentralCluster(scene.cluster().central_uid, {"by": "another"}))


@when("the administrator asks Palette to give the cluster back to local management")
def _releases(scene: Context) -> None:
    scene.perform(scene.admin(), ops.ReleaseCentralCluster(scene.cluster().central_uid))


@given("Palette manages the cluster")
def _is_managed(scene: Context) -> None:
    review.must_manage(scene)


@given("another acceptance and a reject of the same request were refused")
def _others_were_refused(scene: Context) -> None:
    scene.must_be_refused(review.attempt(scene, scene.admin("another"), "accept"))
    scene.must_be_refused(review.attempt(scene, scene.admin("another"), "reject"))


@given("the operator has sent a pairing request again")
def _has_sent_again(scene: Context) -> None:
    review.must_send_again(scene)


@given("it has brought along the cluster's own values")
def _has_brought_values(scene: Context) -> None:
    review.must_show_own_values(scene)


@when("the administrator accepts the earlier request")
def _accepts_earlier(scene: Context) -> None:
    uid = scene.cluster().earlier_uids[-1]
    scene.perform(scene.admin(), ops.AcceptPairingRequest(uid, scene.matching_selection()))


@when("the administrator rejects the earlier request")
def _rejects_earlier(scene: Context) -> None:
    scene.perform(scene.admin(), ops.RejectPairingRequest(scene.cluster().earlier_uids[-1]))


@when("Palette is restarted")
def _restarted(scene: Context) -> None:
    scene.stage.arrange(Restart(Side.CENTRAL))


@given("the host has confirmed the pairing")
def _confirmed(scene: Context) -> None:
    operator = scene.cluster().operator
    scene.must_hold(scene.stage.await_state(operator, ops.ViewPairing(), "paired_or_not_shown"))


# --- what must hold -----------------------------------------------------------------------------


@then(parsers.parse('just the request of "{first}" waits in Palette, and that stays so'))
def _just_one(scene: Context, judge: Judge, first: str) -> None:
    judge.check("held", operation=review.await_list(scene, first).id)
    judge.check("held", operation=review.list_stays(scene, first).id)


@then(parsers.parse('just the requests of "{first}" and "{second}" wait in Palette'))
@then(parsers.parse('just the requests of "{first}" and "{second}" still wait in Palette'))
def _just_two(scene: Context, judge: Judge, first: str, second: str) -> None:
    judge.check("held", operation=review.await_list(scene, first, second).id)


@then(
    parsers.parse(
        'just the requests of "{first}" and "{second}" wait in Palette, and that stays so'
    )
)
def _just_two_stay(scene: Context, judge: Judge, first: str, second: str) -> None:
    judge.check("held", operation=review.await_list(scene, first, second).id)
    judge.check("held", operation=review.list_stays(scene, first, second).id)


@then(parsers.parse('just the request of "{label}" waits in the other project, and that stays so'))
def _just_one_elsewhere(scene: Context, judge: Judge, label: str) -> None:
    there = review.admin_of(scene, "another project")
    judge.check("held", operation=review.await_list(scene, label, admin=there).id)
    judge.check("held", operation=review.list_stays(scene, label, admin=there).id)


@then("no request waits in Palette, and that stays so")
def _none_waits(scene: Context, judge: Judge) -> None:
    judge.check("held", operation=review.await_list(scene).id)
    judge.check("held", operation=review.list_stays(scene).id)


@then("the request goes on waiting in Palette")
def _goes_on_waiting(scene: Context, judge: Judge) -> None:
    uid = scene.cluster().pairing_uid
    seen = scene.stage.await_state(
        scene.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)
    seen = scene.stage.stays(scene.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid)
    judge.check("held", operation=seen.id)


@then(parsers.parse('the request of "{label}" no longer waits in Palette'))
def _of_gone(scene: Context, judge: Judge, label: str) -> None:
    uid = scene.cluster(label).pairing_uid
    seen = scene.stage.await_state(
        scene.admin(), ops.ListPairingRequests(), "not_listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)


@then(parsers.parse('the request of "{label}" is listed once'))
def _listed_once(scene: Context, judge: Judge, label: str) -> None:
    uid = scene.cluster(label).pairing_uid
    judge.check("listed_once", operation=scene.noted("the list"), pairing_uid=uid)


@then("it is refused, or shows no request")
def _refused_or_empty(scene: Context, judge: Judge) -> None:
    judge.check("refused_or_shows_none", operation=scene.noted())


@then("this request is not seen")
def _not_seen(scene: Context, judge: Judge) -> None:
    uid = scene.cluster().pairing_uid
    judge.check("not_shown_in_list", operation=scene.noted(), pairing_uid=uid)


@then(parsers.parse('it shows the cluster "{label}"'))
def _shows_cluster(scene: Context, judge: Judge, label: str) -> None:
    fields = review.identity_of(scene.cluster(label))
    judge.check("shows", operation=scene.noted(), fields=fields)


@then(parsers.parse('it shows the tags of "{label}"'))
def _shows_tags(scene: Context, judge: Judge, label: str) -> None:
    fields = review.tags_of(scene.cluster(label))
    judge.check("shows", operation=scene.noted(), fields=fields)


@then("it shows the name, the description and the tags of the local cluster")
def _shows_all(scene: Context, judge: Judge) -> None:
    fields = review.borne(scene.cluster(), review.KEPT, review.KEPT, review.KEPT)
    judge.check("shows", operation=scene.noted(), fields=fields)


@then(
    parsers.parse(
        'the central cluster bears the name "{name}", the description "{description}" and the'
        ' tags "{tags}"'
    )
)
def _bears(scene: Context, judge: Judge, name: str, description: str, tags: str) -> None:
    fields = review.borne(scene.cluster(), name, description, tags)
    seen = review.await_central(scene, fields)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('the central cluster is called "{name}"'))
def _bears_name(scene: Context, judge: Judge, name: str) -> None:
    seen = review.await_central(scene, {"name": name})
    judge.check("shown_at_last", operation=seen.id, fields={"name": name})


@then("Palette shows the cluster")
def _registered(scene: Context, judge: Judge) -> None:
    seen = review.await_registered(scene)
    judge.check("held", operation=seen.id)


@then("Palette manages the cluster")
@then("Palette still manages the cluster")
def _managed(scene: Context, judge: Judge) -> None:
    changed, fields = review.change_centrally(scene)
    judge.check("held", operation=changed.id)
    seen = review.await_central(scene, fields)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@given("the central cluster was looked at")
def _looked_at_central(scene: Context) -> None:
    scene.must_hold(review.await_registered(scene))
    look = ops.ViewCentralCluster(scene.cluster().central_uid)
    scene.note("the look before", scene.must(scene.stage.perform(scene.admin(), look)))


@then("the central cluster bears what it bore before")
def _bears_as_before(scene: Context, judge: Judge) -> None:
    look = ops.ViewCentralCluster(scene.cluster().central_uid)
    after = scene.stage.perform(scene.admin(), look)
    before = scene.noted("the look before")
    fields: list[Json] = ["name", "description", "tags"]
    judge.check("unchanged", before=before, after=after.id, fields=fields)
