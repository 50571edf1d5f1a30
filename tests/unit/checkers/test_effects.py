"""Whether faults took effect, from handwritten histories."""

from __future__ import annotations

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, failed, passed, rests_on, run_check, verdict_of
from harness.history.operation import History, Json, OperationRecord, Outcome

CUT: dict[str, Json] = {"host_uid": "h1", "up": False}
LOST: dict[str, Json] = {"host_uid": "h1", "message": "withdraw", "fault": "lost-before"}
START: dict[str, Json] = {"side": "edge"}
CLOCK: dict[str, Json] = {"side": "central", "by": 60}
BACK: dict[str, Json] = {"side": "central", "by": -60}
LIMIT: dict[str, Json] = {"calls": 2, "retry_after": 1}

ALL = [{"permission": p, "scope": "p-1"} for p in ("delete", "get", "list", "update")]
USER: dict[str, Json] = {
    "email": "a@b.test",
    "password": "",
    "api_key": "<apikey:1>",
    "grants": ALL,
}
PROFILE: dict[str, Json] = {"profile": {"uid": "u", "name": "infra"}}

Step = tuple[str, dict[str, Json], dict[str, Json] | None]


def did(kind: str, **args: Json) -> Step:
    return kind, args, {}


MADE: list[Json] = ["1.9.0", "1.10.0", "1.8.0"]
WANTED: dict[str, dict[str, Json]] = {"PutProfile": {"latest": "1.10.0", "versions": MADE}}
"""What has to be seen of what lasts."""


def tells(kind: str, about: dict[str, Json], **effect: Json) -> Step:
    wanted = {"grants": about["grants"]} if kind == "PutUser" else WANTED.get(kind, {})
    args = {"fault": kind, "fields": about, **({"wanted": wanted} if wanted else {})}
    return "SeeEffect", args, {"told": True, **effect}


def untold(kind: str, about: dict[str, Json]) -> Step:
    return "SeeEffect", {"fault": kind, "fields": about}, {"told": False}


def lost(kind: str, about: dict[str, Json]) -> Step:
    """Nobody is there any more who could tell."""
    return "SeeEffect", {"fault": kind, "fields": about}, None


def finding_of(*steps: Step, host: str = "") -> Finding:
    records = [
        OperationRecord(
            f"s#{n}", "s", "harness", kind, args, n, n,
            Outcome.FAIL if value is None else Outcome.OK,
            value, {"why": "the proxy has ended"} if value is None else None,
            tags={"host": host},
        )
        for n, (kind, args, value) in enumerate(steps, 1)
    ]  # fmt: skip
    return run_check("faults_took_effect", History(tuple(records)), {})


@pytest.mark.parametrize(
    "steps",
    [
        (did("FaultNextMessage", **LOST), tells("FaultNextMessage", LOST, met=[7])),
        (*[did("FaultNextMessage", **LOST)] * 5, tells("FaultNextMessage", LOST, met=[7])),
        (did("SetLink", **CUT), tells("SetLink", CUT, passed=0)),
        (tells("Restart", START, starts=1), did("Restart", **START),
         tells("Restart", START, starts=2)),
        (tells("AdvanceClock", CLOCK, now=5), did("AdvanceClock", **CLOCK),
         tells("AdvanceClock", CLOCK, now=66)),
        (tells("AdvanceClock", BACK, now=66), did("AdvanceClock", **BACK),
         tells("AdvanceClock", BACK, now=7)),
        (did("SetRateLimit", **LIMIT), tells("SetRateLimit", LIMIT, met=[3])),
        (did("PutUser", **USER), tells("PutUser", USER, grants=ALL)),
        (did("PutProfile", **PROFILE), tells("PutProfile", PROFILE, latest="1.10.0")),
        (did("PutProfile", **PROFILE), tells("PutProfile", PROFILE, latest="1.9.0",
                                             versions=["1.10.0", "1.9.0", "1.8.0"])),
    ],
)  # fmt: skip
def test_what_took_effect_stands(steps: tuple[Step, ...]) -> None:
    finding = finding_of(*steps)
    assert (finding.verdict, finding.ground) == (Verdict.PASS, True)


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((did("FaultNextMessage", **LOST), tells("FaultNextMessage", LOST, met=[])),
         "no withdraw message of host h1 was recognised; see the target's [paths]"),
        ((did("SetLink", **CUT), tells("SetLink", CUT, passed=3)),
         "the link of host h1 was cut, and something passed (3)"),
        ((tells("Restart", START, starts=2), did("Restart", **START),
          tells("Restart", START, starts=2)), "the edge side was not started again"),
        ((tells("AdvanceClock", CLOCK, now=5), did("AdvanceClock", **CLOCK),
          tells("AdvanceClock", CLOCK, now=7)), "the central side has its clock as before"),
        ((tells("AdvanceClock", BACK, now=66), did("AdvanceClock", **BACK),
          tells("AdvanceClock", BACK, now=67)), "the central side has its clock as before"),
        ((did("SetRateLimit", **LIMIT), tells("SetRateLimit", LIMIT, met=[])), "no call met"),
        ((did("DisturbMessages", host_uid="h1"), tells("DisturbMessages", {"host_uid": "h1"})),
         "no message of host h1 was recognised"),
    ],
)  # fmt: skip
def test_what_did_not_take_effect_is_told_with_what_to_look_at(
    steps: tuple[Step, ...], why: str
) -> None:
    finding = finding_of(*steps)
    assert (finding.verdict, finding.ground) == (Verdict.INCONCLUSIVE, True)
    assert finding.reason.startswith("the fault did not take effect: ")
    assert why in finding.reason
    assert finding.operations


UP: dict[str, Json] = {"host_uid": "h1", "up": True}
NODES: list[Json] = [{"nodes": [{"host_uid": "h1"}]}]
INSTALLED = did("InstallCluster", slot="s", cluster={"pools": NODES})
OTHERS = did("InstallCluster", slot="t", cluster={"pools": [{"nodes": [{"host_uid": "h2"}]}]})
SENT = did("SendPairingRequest")
UNUSED = tells("SetLink", CUT, passed=0, unused=True)


def test_a_link_is_not_cut_if_a_request_went_around_it() -> None:
    steps = (INSTALLED, SENT, OTHERS, did("SetLink", **CUT), UNUSED)
    finding = finding_of(*steps, host="h1")
    assert (finding.verdict, finding.ground) == (Verdict.INCONCLUSIVE, True)
    assert "the link of host h1 was cut, and nothing of its cluster ever went" in finding.reason
    assert "a request was sent there before" in finding.reason
    assert finding.operations == ("s#2", "s#5")


def test_nor_is_it_if_its_host_may_come_from_another_address() -> None:
    strange = tells("SetLink", CUT, passed=0, unused=True, strange=70)
    finding = finding_of(INSTALLED, did("SetLink", **CUT), strange)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "from an address that no host has (70 bytes); see links.sources" in finding.reason
    used = tells("SetLink", CUT, passed=0, strange=70)
    assert finding_of(INSTALLED, did("SetLink", **CUT), used).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("steps", "host"),
    [
        ((INSTALLED, did("SetLink", **CUT), UNUSED), "h1"),
        ((INSTALLED, SENT, did("SetLink", **CUT), UNUSED), "h2"),
        ((INSTALLED, SENT, did("SetLink", **CUT), tells("SetLink", CUT, passed=0)), "h1"),
        ((INSTALLED, did("SetLink", **CUT), SENT, UNUSED), "h1"),
        ((INSTALLED, did("SetLink", **CUT), UNUSED, did("SetLink", **UP), SENT), "h1"),
        ((INSTALLED, SENT, INSTALLED, did("SetLink", **CUT), UNUSED), "h1"),
        ((INSTALLED, SENT, did("RenewCluster", slot="s"), did("SetLink", **CUT), UNUSED), "h1"),
    ],
    ids=["asked nothing", "another host", "used", "sent while it is cut", "sent once it is back",
         "a new cluster", "put back"],
)  # fmt: skip
def test_a_host_that_has_not_asked_anything_so_far_is_cut_off(
    steps: tuple[Step, ...], host: str
) -> None:
    assert finding_of(*steps, host=host).verdict is Verdict.PASS


OTHER: dict[str, Json] = {"permission": "get", "scope": "p-2"}


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((did("PutUser", **USER), tells("PutUser", USER, grants=ALL[1:])),
         "the permissions of a@b.test are not those that were asked for"),
        ((did("PutUser", **USER), tells("PutUser", USER, grants=[*ALL, OTHER])), "permissions"),
        ((did("PutUser", **USER), tells("PutUser", USER | {"grants": []}, grants=ALL)), "permis"),
        ((did("PutProfile", **PROFILE), tells("PutProfile", PROFILE, latest="1.9.0")),
         "the latest version of a cluster profile is 1.9.0, and not the one"),
        ((did("PutProfile", **PROFILE), tells("PutProfile", PROFILE, latest="2.0.0")), "2.0.0"),
        ((did("PutProfile", **PROFILE),
          tells("PutProfile", PROFILE, latest="1.9.0", versions=["1.9.0", "1.8.0"])), "1.9.0"),
        ((did("PutProfile", **PROFILE), tells("PutProfile", PROFILE, latest="1.8.0",
                                              versions=["1.10.0", "1.9.0", "1.8.0"])), "1.8.0"),
        ((did("PutProfile", **PROFILE), tells("PutProfile", PROFILE, latest="",
                                              versions=["1.10.0", "1.9.0", "1.8.0"])), "is , and"),
    ],
)  # fmt: skip
def test_what_lasts_and_is_another_thing_is_no_ground(steps: tuple[Step, ...], why: str) -> None:
    finding = finding_of(*steps)
    assert (finding.verdict, finding.ground) == (Verdict.INCONCLUSIVE, True)
    assert finding.reason.startswith("what was arranged is not so: ")
    assert why in finding.reason
    assert finding.operations == ("s#2",)


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (["1.1.0-rc.2", "1.1.0-rc.10"], Verdict.PASS),
        (["1.1.0-rc.2", "1.1.0"], Verdict.INCONCLUSIVE),
    ],
)
def test_only_of_versions_before_a_release_none_may_be_the_latest(
    made: list[Json], verdict: Verdict
) -> None:
    wanted: dict[str, Json] = {"latest": made[-1], "versions": made}
    args: dict[str, Json] = {"fault": "PutProfile", "fields": PROFILE, "wanted": wanted}
    told: dict[str, Json] = {"told": True, "latest": "", "versions": made}
    finding = finding_of(did("PutProfile", **PROFILE), ("SeeEffect", args, told))
    assert finding.verdict is verdict


def test_what_met_another_kind_or_host_is_no_proof() -> None:
    other, poll = LOST | {"host_uid": "h2"}, LOST | {"message": "poll"}
    finding = finding_of(
        did("FaultNextMessage", **LOST),
        did("FaultNextMessage", **other),
        did("FaultNextMessage", **poll),
        tells("FaultNextMessage", other, met=[7]),
        tells("FaultNextMessage", poll, met=[7]),
        tells("FaultNextMessage", LOST, met=[]),
    )
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "h1" in finding.reason
    assert "h2" not in finding.reason


def test_an_early_look_does_not_count_where_a_later_one_was_met() -> None:
    fault = did("FaultNextMessage", **LOST)
    early, later = tells("FaultNextMessage", LOST, met=[]), tells("FaultNextMessage", LOST, met=[9])
    assert finding_of(fault, early, later).verdict is Verdict.PASS


def test_each_restart_is_counted_for_itself() -> None:
    counts = [tells("Restart", START, starts=n) for n in (1, 2, 2, 2)]
    restart = did("Restart", **START)
    finding = finding_of(counts[0], restart, counts[1], counts[2], restart, counts[3])
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.operations == ("s#5", "s#6")


def test_what_nobody_can_tell_is_said_and_no_flaw() -> None:
    finding = finding_of(did("SetLink", **CUT), untold("SetLink", CUT))
    assert finding.verdict is Verdict.PASS
    assert finding.reason == "what it rests on was so; nobody can tell of SetLink"


def test_a_proxy_that_is_gone_leaves_nothing_to_rest_on() -> None:
    finding = finding_of(did("SetLink", **CUT), lost("SetLink", CUT))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "the proxy has ended" in finding.reason


# --- what a scenario comes to by it -----------------------------------------------------------

NO_GROUND = Finding(Verdict.INCONCLUSIVE, "the fault did not take effect: x", ("s#9",), ground=True)
GROUND = Finding(Verdict.PASS, "what it rests on was so", ("s#8",), ground=True)


@pytest.mark.parametrize(
    "found", [passed("fine", "s#1"), failed("broken", "s#1"), Finding(Verdict.OBSERVED, "so")]
)
def test_without_its_ground_a_verdict_is_void(found: Finding) -> None:
    void = Verdict.INCONCLUSIVE
    assert verdict_of([found, NO_GROUND]) == (void, "the fault did not take effect: x")
    assert rests_on([found, NO_GROUND], void) == ["s#9"]
    assert verdict_of([found, GROUND])[0] is found.verdict
    assert rests_on([found, GROUND], found.verdict) == list(found.operations)


def test_a_ground_alone_judges_nothing() -> None:
    assert verdict_of([GROUND])[0] is Verdict.INCONCLUSIVE
