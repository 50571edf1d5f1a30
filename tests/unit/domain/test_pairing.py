"""The two tables of transitions."""

from __future__ import annotations

import re
from itertools import product

import pytest

from harness.domain import pairing
from harness.domain.errors import IllegalTransition


@pytest.mark.parametrize("at", list(product(pairing.RequestState, pairing.RequestEvent)), ids=str)
def test_a_request_goes_only_where_the_table_leads(
    at: tuple[pairing.RequestState, pairing.RequestEvent],
) -> None:
    if at in pairing.REQUEST_TRANSITIONS:
        assert pairing.next_request_state(*at) is pairing.REQUEST_TRANSITIONS[at].to
    else:
        with pytest.raises(IllegalTransition, match=re.escape(at[0].value)):
            pairing.next_request_state(*at)


@pytest.mark.parametrize("at", list(product(pairing.LocalState, pairing.LocalEvent)), ids=str)
def test_the_edges_copy_goes_only_where_its_table_leads(
    at: tuple[pairing.LocalState, pairing.LocalEvent],
) -> None:
    if at in pairing.LOCAL_TRANSITIONS:
        assert pairing.next_local_state(*at) is pairing.LOCAL_TRANSITIONS[at].to
    else:
        with pytest.raises(IllegalTransition):
            pairing.next_local_state(*at)


def test_nothing_leads_out_of_a_decision() -> None:
    assert {
        pairing.RequestState.PAIRED,
        pairing.RequestState.REJECTED,
        pairing.RequestState.WITHDRAWN,
    } < pairing.DECIDED
    assert not [at for at in pairing.REQUEST_TRANSITIONS if at[0] in pairing.DECIDED]


def test_pairing_takes_an_acceptance_and_a_confirmation() -> None:
    into_paired = [
        at
        for at, edge in pairing.REQUEST_TRANSITIONS.items()
        if edge.to is pairing.RequestState.PAIRED
    ]
    assert into_paired == [(pairing.RequestState.HANDING_OVER, pairing.RequestEvent.CONFIRM)]


def test_every_edge_names_a_requirement() -> None:
    edges = [*pairing.REQUEST_TRANSITIONS.values(), *pairing.LOCAL_TRANSITIONS.values()]
    assert all(re.fullmatch(r"[A-Z]{3}-\d+S?", edge.requirement) for edge in edges)
