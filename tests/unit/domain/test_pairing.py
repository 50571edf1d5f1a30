"""The two tables of transitions."""

from __future__ import annotations

import re
from itertools import product

import pytest

from harness.domain.errors import IllegalTransition
from harness.domain.pairing import (
    DECIDED,
    LOCAL_TRANSITIONS,
    REQUEST_TRANSITIONS,
    LocalEvent,
    LocalState,
    RequestEvent,
    RequestState,
    next_local_state,
    next_request_state,
)


@pytest.mark.parametrize("at", list(product(RequestState, RequestEvent)), ids=str)
def test_a_request_goes_only_where_the_table_leads(at: tuple[RequestState, RequestEvent]) -> None:
    if at in REQUEST_TRANSITIONS:
        assert next_request_state(*at) is REQUEST_TRANSITIONS[at].to
    else:
        with pytest.raises(IllegalTransition, match=re.escape(at[0].value)):
            next_request_state(*at)


@pytest.mark.parametrize("at", list(product(LocalState, LocalEvent)), ids=str)
def test_the_edges_copy_goes_only_where_its_table_leads(at: tuple[LocalState, LocalEvent]) -> None:
    if at in LOCAL_TRANSITIONS:
        assert next_local_state(*at) is LOCAL_TRANSITIONS[at].to
    else:
        with pytest.raises(IllegalTransition):
            next_local_state(*at)


def test_nothing_leads_out_of_a_decision() -> None:
    assert {RequestState.PAIRED, RequestState.REJECTED, RequestState.WITHDRAWN} < DECIDED
    assert not [at for at in REQUEST_TRANSITIONS if at[0] in DECIDED]


def test_pairing_takes_an_acceptance_and_a_confirmation() -> None:
    into_paired = [at for at, edge in REQUEST_TRANSITIONS.items() if edge.to is RequestState.PAIRED]
    assert into_paired == [(RequestState.HANDING_OVER, RequestEvent.CONFIRM)]


def test_every_edge_names_a_requirement() -> None:
    edges = [*REQUEST_TRANSITIONS.values(), *LOCAL_TRANSITIONS.values()]
    assert all(re.fullmatch(r"[A-Z]{3}-\d+S?", edge.requirement) for edge in edges)
