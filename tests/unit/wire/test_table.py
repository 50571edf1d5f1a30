"""The table of the operations says all of each, and nothing that its models do not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest

from harness.domain import operations as ops
from harness.domain.operations import Operation
from harness.wire.codec.engine import ANSWERS, REQUESTS, answer_functions, request_functions
from harness.wire.model import Malformed
from harness.wire.routes import ROUTES
from harness.wire.table.fields import Route, WireRecord, record, table


def unsaid(row: Route) -> set[str]:
    """The attributes of an operation that its row says nothing of; what is in an archive never
    crosses.
    """
    own = {field.name for field in fields(row.operation)} - row.asked.fields.keys()
    return own - {"holds"} if row.operation is ops.UpdateStack else own


def test_every_operation_has_a_row_that_says_all_of_it() -> None:
    assert {kind.__name__: unsaid(row) for kind, row in ROUTES.items() if unsaid(row)} == {}
    (short,) = table("ViewToken GET / 200 id", {})
    assert unsaid(short) == {"token_uid"}


@pytest.mark.parametrize("kind", ROUTES, ids=lambda kind: kind.__name__)
def test_every_place_is_one_of_the_model(kind: type[Operation]) -> None:
    assert REQUESTS[kind]
    assert ANSWERS[kind]


@pytest.mark.parametrize(
    "wrong",
    [
        record(dict, "V1Uid uid=uuid"),
        record(dict, "V1Uid uid<uuid"),
        record(dict, 'V1Uid name:="n"'),
        record(dict, "V1Uid uid[ITEM]", {"ITEM": record(dict, "uid")}),
    ],
)
def test_a_place_that_the_model_does_not_have_is_an_error_of_the_table(wrong: WireRecord) -> None:
    with pytest.raises(KeyError):
        answer_functions(wrong)


SIGNS = record(
    dict,
    "V1SpectroEdgeNativeClusterPair uid=metadata!.uid!"
    " state=status?.state<status.pairingClusterName other=spec?.clusterMeta?.name?",
)


def names(problem: pytest.ExceptionInfo[Malformed]) -> Iterator[str]:
    yield from (problem.value.field, problem.value.problem)


def test_the_signs_of_a_place() -> None:
    read, write = answer_functions(SIGNS)
    with pytest.raises(Malformed) as nothing:
        read({})
    assert [*names(nothing)] == ["metadata", "it is missing"]
    with pytest.raises(Malformed) as empty:
        read({"metadata": {"uid": ""}})
    assert [*names(empty)] == ["metadata.uid", "it is empty"]
    elsewhere = {"metadata": {"uid": "u"}, "status": {"state": "", "pairingClusterName": "n"}}
    assert read(elsewhere) == {"uid": "u", "state": "n", "other": ""}

    class Whole:
        uid, state, other = "u", "s", ""

    assert write(Whole()) == {"metadata": {"uid": "u"}, "status": {"state": "s"}}


def test_what_is_wrong_in_a_list_is_named_with_its_place() -> None:
    row = ROUTES[ops.SubmitPairing]
    read, _ = request_functions(row.asked)
    pool = {"poolConfig": {"name": "p"}, "cloudConfig": {"edgeHosts": [{"hostUid": "h"}, {}]}}
    meta = {"localClusterUid": "u", "localClusterToken": "t", "name": "n"}
    spec = {"registrationToken": "r", "clusterMeta": meta, "machinepoolconfig": [pool]}
    with pytest.raises(Malformed) as missing:
        read({"path": {}, "query": {}, "headers": {}, "body": {"spec": spec}})
    place = "spec.machinepoolconfig.0.cloudConfig.edgeHosts.1.hostUid"
    assert [*names(missing)] == [place, "it is missing"]


@pytest.mark.parametrize("wrong", ["V1Uuid uid", "V1Uid uid:flog", "V1Uid uid:text!"])
def test_a_model_or_a_form_that_there_is_not_is_an_error_of_the_table(wrong: str) -> None:
    with pytest.raises(KeyError):
        record(dict, wrong)
