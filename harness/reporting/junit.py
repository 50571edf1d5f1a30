"""`junit.xml`: a test suite for each feature, a test case for each scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from harness.catalogue.verdict import Verdict
from harness.reporting.model import Report, ScenarioReport, left_behind
from harness.reporting.suites import Case, Suite, suites_xml
from harness.reporting.waiving import in_words
from harness.reporting.words import leak_in_words

_RED: Final = (Verdict.FAIL, Verdict.INCONCLUSIVE)

_Judged = Sequence[tuple[str, ScenarioReport]]
"""What one scenario says of each of its requirements, by their ids."""


def junit_xml(report: Report) -> bytes:
    """The report in the form that CI servers read."""
    by_feature: dict[str, list[Case]] = {}
    for judged, verdict in _scenarios(report):
        feature = judged[0][1].line.feature
        by_feature.setdefault(feature, []).append(_case(judged, verdict))
    suites = [Suite(feature, cases) for feature, cases in by_feature.items()]
    suites += [Suite("pairproof", [_leaks(report)])] * bool(report.evidence.leaks)
    return suites_xml(suites, report.started_at)


def _leaks(report: Report) -> Case:
    """A case of its own, since what is left behind belongs to no scenario."""
    leaks = report.evidence.leaks
    return Case(
        name="nothing is left on the target",
        classname="pairproof.leaks",
        verdict=Verdict.INCONCLUSIVE,
        message=left_behind(leaks),
        text="\n".join(map(leak_in_words, leaks)),
    )


def _scenarios(report: Report) -> Iterator[tuple[_Judged, Verdict]]:
    by_scenario: dict[str, list[tuple[str, ScenarioReport]]] = {
        id_: [] for id_ in report.scenario_verdicts
    }
    for requirement in report.requirements:
        for scenario in requirement.scenarios:
            by_scenario[scenario.line.id].append((requirement.requirement.id, scenario))
    for id_, judged in by_scenario.items():
        yield judged, report.scenario_verdicts[id_]


def _case(judged: _Judged, verdict: Verdict) -> Case:
    if excuse := _excuse(judged, verdict):
        return excuse
    first = judged[0][1]
    line = first.line
    deciding = [(id_, report) for id_, report in judged if report.verdict is verdict]
    reasons = dict.fromkeys(report.reason or "no reason was given" for _, report in deciding)
    message = "; ".join(reasons)
    ids = ", ".join(id_ for id_, _ in deciding)
    again = [f"reproduce: {report.reproduce}" for _, report in deciding]
    return Case(
        name=line.name,
        classname=line.feature.removesuffix(".feature").replace("/", "."),
        verdict=verdict,
        message=message if verdict is Verdict.OBSERVED else f"{ids}: {message}",
        text="\n".join([f"{line.feature}:{line.line}", *reasons, *again]),
        properties=[*_properties(judged), ("scenario", line.id)],
        file=line.feature,
        line=line.line,
        duration_s=first.duration_s,
    )


def _excuse(judged: _Judged, verdict: Verdict) -> Case | None:
    """A case whose failures are all waived is a skip that says so; it is never a pass."""
    red = [(id_, report) for id_, report in judged if report.verdict in _RED]
    waived = [(id_, report) for id_, report in red if report.waived]
    if not waived or len(waived) < len(red):
        return None
    told = (
        f"{id_} {in_words(report.waived)}; {report.reason}"
        for id_, report in waived
        if report.waived
    )
    return replace(
        _case([(id_, replace(report, waived=None)) for id_, report in judged], verdict),
        verdict=Verdict.SKIPPED,
        message="; ".join(told),
        properties=[*_properties(judged), ("scenario", judged[0][1].line.id)],
        skipped_as="waived",
    )


def _properties(judged: _Judged) -> Iterator[tuple[str, str]]:
    for id_, report in judged:
        yield "requirement", id_
        yield f"verdict:{id_}", report.verdict.value
        if report.waived:
            yield f"waived:{id_}", f"until {report.waived.expires} by {report.waived.owner}"
        for repeat in report.repeats:
            told = repeat.verdict.value if repeat.verdict else "not judged"
            yield f"unstable:{id_}", f"{told}: {repeat.file}"
