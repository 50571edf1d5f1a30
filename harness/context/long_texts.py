"""Names, descriptions and tags of many characters, or of peculiar ones, on the way in and on
acceptance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.context.backlog import Backlog, accept, await_list, confirm
from harness.context.context import OTHER, Context
from harness.context.crossing import left_out_if_impossible
from harness.context.recorder import NotSupported, RecordedReply
from harness.domain import operations as ops
from harness.history.operation import Json, OperationRecord, Outcome
from harness.targets.port import CannotArrange

_TAG: Final = "note"
SENT: Final = "the send"
ACCEPTED: Final = "the acceptance"


def text_of(context: Context, length: int) -> str:
    """A text that would do for a DNS label but for its length, and has another at every cut."""
    numbers = "".join(f"-{number}" for number in range(length))
    return f"{context.own_name('long')}{numbers}"[: length - 1] + "z"


LETTERS: Final[Mapping[str, str]] = {
    "an accent in one": "Caf\u00e9",
    "an accent apart": "Cafe\u0301",
    "letters that look like others": "st\u043er\u0435",
    "letters that nobody sees": "sto\u200bre\u00ad",
    "wide letters": "\uff53\uff54\uff4f\uff52\uff45",
    "letters from right to left": "\u05d7\u05e0\u05d5\u05ea 5 \u0645\u062a\u062c\u0631",
    "letters beyond the first plane": "\U0001d54a\U0001f3ec store",
    "lines that follow": "store\nsecond floor\n\nback door",
    "two blanks in a row": "store  second  floor",
    "blanks where its lines end": "store \nsecond floor  \nback door",
    "a sign of several": "\U0001f469\u200d\U0001f373 store \U0001f1e9\U0001f1ea end",
}
"""What a text may hold besides plain letters; each goes on after what is peculiar about it."""


def text_with(context: Context, letters: str) -> str:
    """A text with letters of this kind."""
    return f"{context.own_name('store')} {LETTERS[letters]} to its end"


_ANOTHERS: Final = "the letters of another's"
"""In place of letters of a kind: all that another cluster bears there."""


def install(context: Context, field: str, text: str) -> None:
    """Install the scenario's cluster with this `name`, `description` or `tag`.

    Raises:
        NotSupported: nobody can install such a cluster.
    """
    try:
        match field:
            case "name":
                context.new_cluster(name=text)
            case "description":
                context.new_cluster(description=text)
            case _:
                context.new_cluster(tags={_TAG: text})
    except CannotArrange as error:
        raise NotSupported(f"no cluster has such a {field}: {error}") from error


def install_tagged(context: Context, tags: Mapping[str, str]) -> None:
    """Install the scenario's cluster with just these tags.

    Raises:
        NotSupported: nobody can install such a cluster.
    """
    with left_out_if_impossible():
        context.new_cluster(tags=tags)


def is_refused(context: Context, name: str) -> bool:
    """Whether the operation of this name was refused. Then the same has to be seen without the
    long text, or else it might have been refused for anything.
    """
    return context.recorder.history()[context.noted(name)].outcome is Outcome.FAIL


def see_sent_otherwise(context: Context) -> OperationRecord:
    """A cluster with a short text is let in, and of the other nothing waits: what was waited for.

    Raises:
        NotReached: that one is refused as well.
    """
    context.must(context.send(OTHER))
    look, uid = ops.ListPairingRequests(), context.cluster().cluster.uid
    return context.recorder.await_state(
        context.admin(), look, "none_listed_for", local_cluster_uid=uid
    )


def shown_whole(context: Context, field: str) -> dict[str, Json]:
    """What has to be shown of the field by the request of the scenario's cluster, opened now."""
    cluster = context.cluster().cluster
    return _whole(_opened(context).id, field, getattr(cluster, field, cluster.tags.get(_TAG)))


def tags_shown(context: Context) -> dict[str, Json]:
    """Which tags the request of the scenario's cluster, opened now, has to show."""
    fields: dict[str, Json] = {"tags": dict[str, Json](context.cluster().cluster.tags)}
    return {"operation": _opened(context).id, "fields": fields}


def _opened(context: Context) -> RecordedReply:
    look, uid = ops.ListPairingRequests(), context.cluster().pairing_uid
    context.recorder.await_state(context.admin(), look, "listed", pairing_uid=uid)
    return context.perform(context.admin(), ops.ViewPairingRequest(uid))


def accept_written(context: Context, backlog: Backlog, field: str, letters: str) -> None:
    """Accept the last request with letters of this kind, or with those that another cluster bears.

    Raises:
        NotReached: that one was not paired.
    """
    if letters != _ANOTHERS:
        accept_with(context, backlog, field, text_with(context, letters))
        return
    text, first = context.own_name("store"), backlog.waiting[-1]
    accept_with(context, backlog, field, text)
    context.must(context.performed())
    confirm(context, backlog.end(first))
    accept_with(context, backlog, field, text)


def accept_with(context: Context, backlog: Backlog, field: str, text: str) -> None:
    """Accept the last request with this `name`, `description` or `tag`."""
    await_list(context, backlog)
    made = backlog.waiting[-1]
    match field:
        case "name":
            accept(context, made, name=text)
        case "description":
            accept(context, made, description=text)
        case _:
            accept(context, made, tags={**made.cluster.tags, _TAG: text})


def accept_tagged(context: Context, backlog: Backlog, tags: Mapping[str, str]) -> None:
    """Accept the last request with just these tags."""
    await_list(context, backlog)
    accept(context, backlog.waiting[-1], tags=dict(tags))


def borne_whole(context: Context, backlog: Backlog, field: str) -> dict[str, Json]:
    """What the accepted cluster has to bear once its host, which is the harness's, has confirmed.

    Raises:
        NotReached: the confirmation was not taken.
    """
    entered, tags = _entered(context)
    return _whole(_borne(context, backlog).id, field, entered.get(field, tags.get(_TAG)))


def tags_borne(context: Context, backlog: Backlog) -> dict[str, Json]:
    """Which tags the accepted cluster has to bear once its host has confirmed.

    Raises:
        NotReached: the confirmation was not taken.
    """
    _, tags = _entered(context)
    return {"operation": _borne(context, backlog).id, "fields": {"tags": tags}}


def _entered(context: Context) -> tuple[Mapping[str, Json], dict[str, Json]]:
    """What the acceptance was asked with, and the tags of it."""
    entered = context.recorder.history()[context.noted(ACCEPTED)].args
    tags = entered["tags"]
    assert isinstance(tags, dict)
    return entered, tags


def _borne(context: Context, backlog: Backlog) -> RecordedReply:
    """A look at the cluster of the last request once its host has confirmed."""
    made = backlog.end(backlog.waiting[-1])
    look = ops.ViewCentralCluster(confirm(context, made))
    context.must_see(context.admin(), look, "handed_over")
    return context.recorder.perform(context.admin(), look)


def see_accepted_otherwise(context: Context, backlog: Backlog) -> None:
    """Another acceptance, with the cluster's own values, is taken.

    Raises:
        NotReached: it is refused as well.
    """
    context.must(accept(context, backlog.waiting[0]))
    backlog.end(backlog.waiting[0])


def _whole(operation: str, field: str, text: Json) -> dict[str, Json]:
    place = f"tags.{_TAG}" if field == "tag" else field
    return {"operation": operation, "field": place, "text": text}
