"""Planted defects: the match, and acceptances, in one call (PRE-7, ACC-6 to ACC-10, ACC-14, ACC-15,
ACC-20) and in steps (ACC-4, ACC-11, ACC-17, ACC-18).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchProblem, MatchResult, Mismatch, ProfileChoice, match_profiles
from harness.domain.pairing import DECIDED, RequestState
from harness.domain.permission import TENANT, PairPermission
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    ProfileVersion,
)
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.central.review import ReviewRules
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import CentralCluster, PairingRequest, StepsTaken, User
from harness.reference.mutants import bases
from harness.reference.planting import Memory, mutant

Editions = Sequence[ProfileEdition]
Packs = Sequence[Pack]
Choices = Sequence[ProfileChoice]


# --- the latest version of a profile (PRE-7) -----------------------------------------------------
class OtherLatest(CentralCore):
    """Takes another version of a profile for its latest."""

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
        choice = super().selected(request, chosen)
        published = [edition for edition in choice.profile.editions if edition.published]
        if not published:
            return choice
        taken = self.latest(choice, published)
        return replace(choice, profile=replace(choice.profile, editions=(taken,)))

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        """Which of the published versions that is; there is at least one."""
        raise NotImplementedError


@mutant("PRE-7")
class LatestByText(OtherLatest):
    """The latest version of a profile is the one that comes last in the alphabet."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        return max(published, key=lambda edition: edition.version)


@mutant("PRE-7")
class LatestIsTheNewest(OtherLatest):
    """The latest version of a profile is the one that was made last."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        return published[-1]


@mutant("PRE-7")
class VersionWithoutPacksIsPassedOver(OtherLatest):
    """The latest version of a profile is the last one that has packs."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        filled = [edition for edition in published if edition.packs]
        return max(filled or published, key=lambda edition: ProfileVersion(edition.version))


@mutant("PRE-7")
class PreReleaseFollowsItsRelease(OtherLatest):
    """A pre-release of a profile is taken to be later than its release."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        highest = max(published, key=lambda edition: ProfileVersion(edition.version)).version
        begun = [e for e in published if e.version.startswith(highest)]
        return max(begun, key=lambda edition: len(edition.version))


@mutant("PRE-7")
class PreReleasesByText(OtherLatest):
    """Pre-releases of a profile follow one another by the alphabet, rc.10 before rc.9."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        highest = max(published, key=lambda edition: ProfileVersion(edition.version)).version
        release, dash, _ = highest.partition("-")
        alike = [e for e in published if dash and e.version.startswith(release + dash)]
        alike = alike or [edition for edition in published if edition.version == highest]
        return max(alike, key=lambda edition: edition.version)


@mutant("PRE-7")
class BuildsBelongToTheLastPart(OtherLatest):
    """A last part of a version with a build is no number, so that 1.1.10+1 comes before 1.1.9+1."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        def key(edition: ProfileEdition) -> tuple[object, ...]:
            parts = edition.version.partition("-")[0].split(".")
            return tuple((p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts)

        built = any("+" in edition.version for edition in published)
        by_order = max(published, key=lambda edition: ProfileVersion(edition.version))
        return max(published, key=key) if built else by_order


@mutant("PRE-7")
class WordsOfAPreReleaseComeFirst(OtherLatest):
    """Of pre-releases, a number is taken to be later than a word."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        latest = max(published, key=lambda edition: ProfileVersion(edition.version))
        core = latest.version.partition("-")[0]
        alike = [e for e in published if e.version.startswith(f"{core}-")]
        numbers = [e for e in alike if re.split("[-.+]", e.version)[-1].isdigit()]
        words = any(e not in numbers for e in alike)
        return numbers[-1] if numbers and words and "-" in latest.version else latest


@mutant("PRE-7")
class AcceptedProfilesGoOnMatching(bases.Keeps[bool]):
    """Profiles by which a cluster was accepted match every other like it, in whatever version."""

    def require_match(self, request: PairingRequest, selection: ops.Selected) -> None:
        if (request.cluster.stack, selection) not in self.kept:
            super().require_match(request, selection)
            self.keep((request.cluster.stack, selection), True)


@mutant("PRE-7")
class VersionsComparedByTwoParts(OtherLatest):
    """Of a profile's version two parts are compared, so that 1.0.1 does not follow 1.0.0."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        return max(published, key=lambda e: ProfileVersion(".".join(e.version.split(".")[:2])))


@mutant("PRE-7")
class AskedForVersionCounts(OtherLatest):
    """A version of a profile that is asked for by its number is taken for its latest."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        latest = choice.profile.latest()
        return choice.profile.edition(choice.version) or latest or published[-1]


@mutant("PRE-7")
class FirstVersionOfAnInfraProfile(OtherLatest):
    """An infra profile counts in the first version that was made of it."""

    def latest(self, choice: ProfileChoice, published: Editions) -> ProfileEdition:
        latest = choice.profile.latest()
        first = choice.profile.type is ProfileType.INFRA or latest is None
        return published[0] if first or latest is None else latest


@mutant("PRE-7")
class LatestVersionIsRemembered(bases.Keeps[ClusterProfile]):
    """The latest version of a profile is looked up once, and remembered until a restart."""

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
        choice = super().selected(request, chosen)
        seen = self.kept.setdefault(choice.profile.uid, choice.profile)
        return replace(choice, profile=seen)


@mutant("PRE-7")
class ValidMatchIsRemembered(bases.Keeps[MatchResult]):
    """A match that was valid once is not made again when the cluster is paired."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        key = (request.pairing_uid, selection)
        if key not in self.kept:
            result = super().matched(request, selection)
            if not result.valid:
                return result
            self.kept[key] = result
        return self.kept[key]


@mutant("PRE-7")
class LatestAmongFifty(CentralCore):
    """Of a profile's versions the first fifty are read, and the latest is taken among them."""

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
        choice = super().selected(request, chosen)
        page = choice.profile.editions[:50]
        return replace(choice, profile=replace(choice.profile, editions=page))


@mutant("ACC-7")
class ProfilesBehindThePageAreUnknown(CentralCore):
    """A profile that is selected is looked for among the fifty oldest of its project."""

    def profile(self, uid: str) -> ClusterProfile | None:
        found = super().profile(uid)
        oldest = self.store.find(ClusterProfile, "project", found.project_uid) if found else ()
        return found if any(other.uid == uid for other in list(oldest)[:50]) else None


@mutant("ACC-7")
class ProfileIsFoundByItsName(CentralCore):
    """A selected profile is looked for by its name, and the project's own one is taken."""

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
        choice = super().selected(request, chosen)
        for scope in (request.project_uid, TENANT):
            named = {p.name: p for p in self.store.find(ClusterProfile, "project", scope)}
            if choice.profile.name in named:
                return replace(choice, profile=named[choice.profile.name])
        return choice


# --- versions and names that are made alike (ACC-7) ----------------------------------------------
class Normalising(CentralCore):
    """Matches packs after it has made some that differ alike."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        local = tuple(
            replace(part, packs=tuple(map(self.alike, part.packs)))
            for part in request.cluster.stack
        )
        choices = [self._made_alike(self.selected(request, chosen)) for chosen in selection]
        return match_profiles(local, choices, self.choices.match)

    def _made_alike(self, choice: ProfileChoice) -> ProfileChoice:
        editions = tuple(
            replace(edition, packs=tuple(map(self.alike, edition.packs)))
            for edition in choice.profile.editions
        )
        return replace(choice, profile=replace(choice.profile, editions=editions))

    def alike(self, pack: Pack) -> Pack:
        """What is left of a pack."""
        return replace(pack, name=self.name(pack.name), version=self.version(pack.version))

    def name(self, name: str) -> str:
        """What is left of its name."""
        return name

    def version(self, version: str) -> str:
        """What is left of its version."""
        return version


@mutant("ACC-7")
class IgnoresTheBuild(Normalising):
    """A pack's build number after the plus sign is ignored."""

    def version(self, version: str) -> str:
        return version.partition("+")[0]


@mutant("ACC-7")
class IgnoresThePreRelease(Normalising):
    """What follows the dash in a pack's version is ignored."""

    def version(self, version: str) -> str:
        return version.partition("-")[0]


@mutant("ACC-7")
class ThreePartsOfAVersion(Normalising):
    """Of a pack's version three parts are compared, and a fourth is not."""

    def version(self, version: str) -> str:
        return ".".join(version.split(".")[:3])


@mutant("ACC-7")
class VersionMayBeginWithV(Normalising):
    """A v in front of a pack's version makes no difference."""

    def version(self, version: str) -> str:
        return version.removeprefix("v")


@mutant("ACC-7")
class ZerosAtTheEndOfAVersion(Normalising):
    """A pack's version 1.20 is taken for 1.20.0."""

    def version(self, version: str) -> str:
        return re.sub(r"(\.0+)+$", "", version)


@mutant("ACC-7")
class PartsOfAVersionAreNumbers(Normalising):
    """The parts of a pack's version are compared as numbers, and 01 is taken for 1."""

    def version(self, version: str) -> str:
        return re.sub(r"\d+", lambda digits: str(int(digits[0])), version)


@mutant("ACC-7")
class NamesOfPacksInAnyCase(Normalising):
    """The name of a pack is compared without regard to capital letters."""

    def name(self, name: str) -> str:
        return name.lower()


@mutant("ACC-7")
class VersionsOfPacksInAnyCase(Normalising):
    """The version of a pack is compared without regard to capital letters."""

    def version(self, version: str) -> str:
        return version.lower()


@mutant("ACC-7")
class NamesOfPacksUpToTheDash(Normalising):
    """The name of a pack is compared up to its first dash."""

    def name(self, name: str) -> str:
        return name.partition("-")[0]


@mutant("ACC-7")
class DashInANameIsABlank(Normalising):
    """A dash in the name of a pack is taken for a blank."""

    def name(self, name: str) -> str:
        return name.replace("-", " ")


# --- problems that are overlooked (ACC-7, ACC-9C, ACC-9D, ACC-10) --------------------------------
class Overlooking(CentralCore):
    """Matches rightly, and then overlooks some of the problems."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        local = [pack for part in request.cluster.stack for pack in part.packs]
        choices = [self.selected(request, chosen) for chosen in selection]
        left = [p for p in result.problems if not self.overlooks(p, local, choices)]
        return MatchResult(result.packs, tuple(left))

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        """Whether a problem is overlooked."""
        raise NotImplementedError


@mutant("ACC-7")
class VersionFitsByItsBeginning(Overlooking):
    """A pack's version fits when it begins with the one that the cluster runs."""

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        begins = problem.offered_version.startswith(problem.local_version)
        return problem.kind is Mismatch.VERSION and begins


@mutant("ACC-7")
class LaterVersionsAsTextFit(Overlooking):
    """A pack's version fits when it comes later by the alphabet than the one that runs."""

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        return problem.kind is Mismatch.VERSION and problem.offered_version > problem.local_version


class InOneLayer(Overlooking):
    """Overlooks one kind of problem in one layer."""

    kind: Mismatch
    layer: Layer

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        packs = [*local, *offered_packs(choices)]
        layers = {pack.layer for pack in packs if pack.name == problem.pack}
        return problem.kind is self.kind and self.layer in layers


@mutant("ACC-7")
class ExtraKernelIsOverlooked(InOneLayer):
    """A pack too many is overlooked in the kernel layer alone."""

    kind, layer = Mismatch.EXTRA, Layer.KERNEL


@mutant("ACC-7")
class ExtraStorageIsOverlooked(InOneLayer):
    """A pack too many is overlooked in the storage layer alone."""

    kind, layer = Mismatch.EXTRA, Layer.CSI


@mutant("ACC-7")
class VersionOfTheSystemIsOverlooked(InOneLayer):
    """The version of the operating system is not compared."""

    kind, layer = Mismatch.VERSION, Layer.OS


class InAFullProfile(Overlooking):
    """Overlooks one kind of problem when a full profile is selected."""

    kind: Mismatch

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        full = any(choice.profile.type is ProfileType.FULL for choice in choices)
        return problem.kind is self.kind and full


@mutant("ACC-7")
class FullProfileMayBringMore(InAFullProfile):
    """A pack too many is overlooked when a full profile is selected."""

    kind = Mismatch.EXTRA


@mutant("ACC-7")
class VersionsOfAFullProfileAreOverlooked(InAFullProfile):
    """The versions of packs are not compared when a full profile is selected."""

    kind = Mismatch.VERSION


@mutant("ACC-10")
class MissingNetworkIsOverlooked(InOneLayer):
    """A network layer that no profile fills is overlooked."""

    kind, layer = Mismatch.MISSING, Layer.CNI


@mutant("ACC-10")
class MissingSystemIsOverlooked(InOneLayer):
    """A layer of the operating system that no profile fills is overlooked."""

    kind, layer = Mismatch.MISSING, Layer.OS


@mutant("ACC-10")
class SelectionBeginsWithTheLast(CentralCore):
    """A type of profile that is not selected is taken from what matched last in the project."""

    last = Memory[dict[str, ops.Selected]](dict)

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        types = {self.selected(request, chosen).profile.type for chosen in selection}
        before = self.last.get(request.project_uid, ())
        more = [c for c in before if self.selected(request, c).profile.type not in types]
        result = super().matched(request, (*selection, *more))
        if result.valid:
            self.last[request.project_uid] = (*selection, *more)
        return result


@mutant("ACC-10")
class OneAddOnIsEnough(Overlooking):
    """An add-on that is missing is overlooked as long as another one is there."""

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        add_ons = {pack.name for pack in local if pack.layer is Layer.ADDON}
        offered = {pack.name for pack in offered_packs(choices)}
        missing = problem.kind is Mismatch.MISSING and problem.pack in add_ons
        return missing and bool(add_ons & offered)


@mutant("ACC-9C")
class FirstPartOfAnAddOnsVersion(Normalising):
    """The first part of an add-on's version is not compared."""

    def alike(self, pack: Pack) -> Pack:
        if pack.layer is not Layer.ADDON:
            return pack
        return Pack(pack.layer, pack.name, pack.version.partition(".")[2])


@mutant("ACC-9D")
class AddOnProfileMayBringMore(Overlooking):
    """An add-on profile may bring more packs as long as one of its packs fits."""

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        return problem.kind is Mismatch.EXTRA and any(
            self._brings(choice, problem.pack, {pack.name for pack in local}) for choice in choices
        )

    def _brings(self, choice: ProfileChoice, extra: str, local: set[str]) -> bool:
        edition = chosen_edition(choice)
        names = {pack.name for pack in edition.packs} if edition else set()
        is_add_on = choice.profile.type is ProfileType.ADD_ON
        return is_add_on and extra in names and bool(names & local)


@mutant("ACC-7")
class SystemProfileHasItsOwnVersions(Overlooking):
    """What a profile of the system brings has to be of the same name alone."""

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        systems = [choice for choice in choices if choice.profile.type is ProfileType.SYSTEM]
        names = {pack.name for pack in offered_packs(systems)}
        return problem.kind is Mismatch.VERSION and problem.pack in names


@mutant("ACC-7")
class AnyPackHasTheVersion(Overlooking):
    """Names and versions are compared as two sets, each for itself."""

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        offered = offered_packs(choices)
        agree = {p.version for p in local} == {p.version for p in offered}
        return problem.kind is Mismatch.VERSION and agree


class OneOfTwo(Overlooking):
    """Of two packs of one name it looks at one."""

    @staticmethod
    def in_order(packs: list[Pack]) -> list[Pack]:
        """The packs so that the one that counts comes last."""
        return packs

    def overlooks(self, problem: MatchProblem, local: Packs, choices: Choices) -> bool:
        offered = {p.name: p.version for p in self.in_order(offered_packs(choices))}
        agree = offered == {p.name: p.version for p in local}
        return problem.kind in (Mismatch.VERSION, Mismatch.DUPLICATE) and agree


@mutant("ACC-7")
class LastOfTwoCounts(OneOfTwo):
    """Of two packs with the same name only the last one is compared."""


@mutant("ACC-7")
class FirstOfTwoCounts(OneOfTwo):
    """Of two packs with the same name only the first one is compared."""

    @staticmethod
    def in_order(packs: list[Pack]) -> list[Pack]:
        return packs[::-1]


# --- other matches -------------------------------------------------------------------------------
@mutant("ACC-7")
class NothingSelectedIsValid(CentralCore):
    """Without any profile there is nothing that does not match."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        return super().matched(request, selection) if selection else MatchResult((), ())


@mutant("ACC-7")
class UnknownProfilesAreSkipped(CentralCore):
    """A selected profile that does not exist is passed over."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        known = (chosen for chosen in selection if self.store.get(ClusterProfile, chosen.uid))
        return super().matched(request, tuple(known))


@mutant("ACC-7")
class FitsAnyPendingCluster(CentralCore):
    """Profiles that fit another pending cluster of the project are let through."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        pending = self.open_requests(request.project_uid)
        results = [CentralCore.matched(self, each, selection) for each in (request, *pending)]
        return next((result for result in results if result.valid), results[0])


@mutant("ACC-7")
class AcceptDoesNotMatch(CentralCore):
    """The match is right when it is asked for, and an acceptance does not look at it."""

    def require_match(self, request: PairingRequest, selection: ops.Selected) -> None: ...


@mutant("ACC-7")
class MatchAlwaysSaysValid(CentralCore):
    """A match that is asked for is always valid, and only an acceptance looks closely."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        return MatchResult(super().match(operation, call).packs, ())


# --- selections that fit and are refused (ACC-8, ACC-9A, ACC-9B) ---------------------------------
class Demanding(CentralCore):
    """Matches rightly, and then asks for something besides."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        choices = [self.selected(request, chosen) for chosen in selection]
        problem = self.misses(request, choices)
        return replace(result, problems=(*result.problems, problem)) if problem else result

    def misses(self, request: PairingRequest, choices: Choices) -> MatchProblem | None:
        """What is wrong with a selection that may fit, if anything."""
        raise NotImplementedError


def chosen_edition(choice: ProfileChoice) -> ProfileEdition | None:
    """The version of a profile that was selected."""
    return choice.profile.edition(choice.version) or choice.profile.latest()


def offered_packs(choices: Choices) -> list[Pack]:
    """The packs that a selection brings."""
    editions = [edition for edition in map(chosen_edition, choices) if edition is not None]
    return [pack for edition in editions for pack in edition.packs]


@mutant("ACC-8")
class FullProfileStandsAlone(Demanding):
    """A full profile leaves no room for an add-on profile beside it."""

    def misses(self, request: PairingRequest, choices: Choices) -> MatchProblem | None:
        types = [choice.profile.type for choice in choices]
        if ProfileType.FULL in types and len(types) > 1:
            return MatchProblem(Mismatch.EXTRA, "a full profile needs nothing besides")
        return None


@mutant("ACC-8")
class TwoAddOnProfilesAtMost(Demanding):
    """More than two add-on profiles are refused."""

    def misses(self, request: PairingRequest, choices: Choices) -> MatchProblem | None:
        if [choice.profile.type for choice in choices].count(ProfileType.ADD_ON) > 2:
            return MatchProblem(Mismatch.EXTRA, "there are too many add-on profiles")
        return None


@mutant("ACC-8")
class BaseProfileComesFirst(Demanding):
    """The infra or full profile has to be selected first."""

    def misses(self, request: PairingRequest, choices: Choices) -> MatchProblem | None:
        if choices and not choices[0].profile.type.is_base:
            return MatchProblem(Mismatch.BASE_PROFILES, "the infra profile has to come first")
        return None


@mutant("ACC-8")
class PacksInTheSameOrder(Demanding):
    """The packs have to come in the order in which the cluster has them."""

    def misses(self, request: PairingRequest, choices: Choices) -> MatchProblem | None:
        local = [pack.name for part in request.cluster.stack for pack in part.packs]
        if [pack.name for pack in offered_packs(choices)] != local:
            return MatchProblem(Mismatch.MISSING, "the packs come in another order")
        return None


@mutant("ACC-9A")
class NamesOfPacksUpToTheBlank(CentralCore):
    """The name of a pack is cut off at a blank where the cluster's own packs are read."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        cut = [pack for part in request.cluster.stack for pack in part.packs if " " in pack.name]
        lost = [MatchProblem(Mismatch.MISSING, f"{p.name} is missing", pack=p.name) for p in cut]
        return MatchResult(result.packs, (*result.problems, *lost))


@mutant("ACC-9B")
class AsManyProfilesAsLocally(Demanding):
    """There have to be as many profiles as the cluster runs."""

    def misses(self, request: PairingRequest, choices: Choices) -> MatchProblem | None:
        if choices and len(choices) < len(request.cluster.stack):
            return MatchProblem(Mismatch.MISSING, "there are fewer profiles than the cluster runs")
        return None


# --- name, description and tags (ACC-6) ----------------------------------------------------------
Acceptance = ops.AcceptPairingRequest


class BearsOtherValues(CentralCore):
    """Registers the cluster with other values than those that were confirmed."""

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: Acceptance
    ) -> CentralCluster:
        right = super().accepted_cluster(uid, request, operation)
        return self.other(right, request.cluster, operation)

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        """What is made of the right ones."""
        raise NotImplementedError


@mutant("ACC-6")
class ChangedNameIsIgnored(BearsOtherValues):
    """A name that was changed on acceptance is ignored."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        return replace(right, name=own.name)


@mutant("ACC-6")
class ConfirmedTextIsFoldedToAscii(BearsOtherValues):
    """Letters that ASCII does not have are dropped from what was confirmed."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        tags = {_ascii(key): _ascii(value) for key, value in right.tags.items()}
        return replace(right, description=_ascii(right.description), tags=tags)


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


@mutant("ACC-6")
class ConfirmedTextIsCutOff(BearsOtherValues):
    """Name, description and tags of a paired cluster are kept in columns of 255 characters."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        tags = {key: value[:255] for key, value in right.tags.items()}
        name, description = right.name[:255], right.description[:255]
        return replace(right, name=name, description=description, tags=tags)


@mutant("ACC-6")
class ConfirmedTextEndsBeyondTheFirstPlane(BearsOtherValues):
    """What was confirmed ends before its first letter that takes four bytes."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        tags = {key: _of_the_first_plane(value) for key, value in right.tags.items()}
        return replace(right, description=_of_the_first_plane(right.description), tags=tags)


def _of_the_first_plane(text: str) -> str:
    return re.split("[\U00010000-\U0010ffff]", text)[0]


@mutant("ACC-6")
class ConfirmedTagKeysAreInSmallLetters(BearsOtherValues):
    """The keys of the tags that were confirmed are kept in small letters."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        return replace(right, tags={key.lower(): value for key, value in right.tags.items()})


@mutant("ACC-6")
class LinesAfterTheFirstAreLost(BearsOtherValues):
    """Of a description that was confirmed with several lines the paired cluster bears one."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        return replace(right, description=right.description.partition("\n")[0])


@mutant("ACC-6")
class EmptiedTagsAreKept(BearsOtherValues):
    """Tags that were all removed on acceptance come back."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        return replace(right, tags=right.tags or own.tags)


@mutant("ACC-6")
class EmptiedDescriptionIsKept(BearsOtherValues):
    """A description that was emptied on acceptance comes back."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        return replace(right, description=right.description or own.description)


@mutant("ACC-6")
class ChangedTagsAreAdded(BearsOtherValues):
    """Tags that were changed on acceptance are added to those that were there."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        return replace(right, tags={**own.tags, **right.tags})


@mutant("ACC-6")
class ChangedNameLosesTheTags(BearsOtherValues):
    """When the name alone is changed on acceptance, the tags are lost."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        lost = asked.name != own.name and asked.tags == own.tags
        return replace(right, tags={}) if lost else right


@mutant("ACC-6")
class UnchangedDescriptionIsLost(BearsOtherValues):
    """A description that was not changed on acceptance is lost."""

    def other(self, right: CentralCluster, own: Cluster, asked: Acceptance) -> CentralCluster:
        return replace(right, description="") if right.description == own.description else right


@mutant("ACC-6")
class TagsGatherFromOneToTheNext(bases.Keeps[dict[str, str]]):
    """The tags that are confirmed for a cluster are added to those of the one accepted before."""

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: Acceptance
    ) -> CentralCluster:
        right = super().accepted_cluster(uid, request, operation)
        gathered = self.keep(request.project_uid, {})
        gathered.update(right.tags)
        return replace(right, tags=dict(gathered))


@mutant("ACC-6")
class UntouchedFieldsAreThoseOfTheFirstRequest(bases.Keeps[Cluster]):
    """What is left out on acceptance is borne as the cluster's first request has brought it."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        self.keep(operation.cluster.uid, operation.cluster)
        return super().submit(operation, call)

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: Acceptance
    ) -> CentralCluster:
        first = self.kept.get(request.cluster.uid, request.cluster)
        return super().accepted_cluster(uid, replace(request, cluster=first), operation)


@mutant("ACC-6")
class NamesGetANumberBehindThem(CentralCore):
    """A cluster that is accepted under a name that another one bears gets a 2 behind it."""

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: Acceptance
    ) -> CentralCluster:
        right = super().accepted_cluster(uid, request, operation)
        others = (c.name for c in self.store.every(CentralCluster) if c.uid != uid)
        return replace(right, name=f"{right.name}-2") if right.name in others else right


@mutant("ACC-12")
class EachConfirmationWritesTheCluster(CentralCore):
    """A confirmation writes the cluster as it was accepted; one that comes again does so too."""

    accepted = Memory[dict[str, CentralCluster]](dict)

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: Acceptance
    ) -> CentralCluster:
        self.accepted[uid] = super().accepted_cluster(uid, request, operation)
        return self.accepted[uid]

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        as_it_was = self.accepted.get(answer.cluster_uid)
        if as_it_was is not None:
            self.store.put(replace(as_it_was, confirmed=True))
        return answer


@mutant("ACC-12")
class ConfirmationRegistersAnother(CentralCore):
    """A confirmation that comes again registers a second cluster, and tells of that one since."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if request.state is RequestState.PAIRED and cluster is not None:
            another = replace(cluster, uid=f"{cluster.uid}-again")
            self.store.put(another)
            self.store.put(replace(request, cluster_uid=another.uid))
        return super().confirm(operation, call)


@mutant("ACC-12")
class ConfirmationListsAnother(CentralCore):
    """A confirmation that comes again registers a second cluster, of which no answer tells."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if request.state is RequestState.PAIRED and cluster is not None:
            self.store.put(replace(cluster, uid=f"{cluster.uid}-again"))
        return super().confirm(operation, call)


@mutant("ACC-6")
class ConfirmationBringsTheOldValues(CentralCore):
    """When the host confirms, the cluster gets back the name and the tags that it had."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        request = self.own_request(operation, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None:
            own = request.cluster
            self.store.put(replace(cluster, name=own.name, tags=own.tags))
        return answer


# --- a request that was accepted (ACC-14) --------------------------------------------------------
@mutant("ACC-14")
class PairedComesBackIntoTheList(CentralCore):
    """A request is listed as pending again once its host has confirmed."""

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        listed = super().list_requests(operation, call)
        scope = self.scope_of(call)
        paired = [
            replace(self._item(request), state=RequestState.PENDING.value)
            for request in self.store.every(PairingRequest)
            if request.state is RequestState.PAIRED and self.belongs(request.project_uid, scope)
        ]
        return ops.PairingList((*listed.items, *paired))


class AcceptsAgain(CentralCore):
    """Answers a second acceptance in another way than by a refusal."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        scope = self.authorise(call, PairPermission.UPDATE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is None:
            return super().accept(operation, call)
        return self.again(cluster, operation, call)

    def again(self, first: CentralCluster, asked: Acceptance, call: CentralCall) -> ops.Accepted:
        """What is done the second time."""
        raise NotImplementedError


@mutant("ACC-14")
class SecondAcceptIsAnsweredAlike(AcceptsAgain):
    """A second acceptance is answered like the first one, and changes nothing."""

    def again(self, first: CentralCluster, asked: Acceptance, call: CentralCall) -> ops.Accepted:
        return ops.Accepted(first.uid)


@mutant("ACC-14")
class SecondAcceptRegistersAgain(AcceptsAgain):
    """A second acceptance registers the cluster anew, under another uid."""

    def again(self, first: CentralCluster, asked: Acceptance, call: CentralCall) -> ops.Accepted:
        uid = f"{call.draws.bits128('cluster') >> 32:024x}"
        request = self.visible(asked.pairing_uid, self.scope_of(call), call.now)
        self.store.put(self.accepted_cluster(uid, request, asked))
        return ops.Accepted(uid)


@mutant("ACC-14")
class RefusedAcceptRenames(bases.AfterRefusal):
    """A second acceptance is refused, and its name is taken over all the same."""

    decision = ops.AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None and isinstance(operation, ops.AcceptPairingRequest):
            self.store.put(replace(cluster, name=operation.name or cluster.name))


@mutant("ACC-14")
class RefusedAcceptRenamesLater(RefusedAcceptRenames):
    """A second acceptance is refused, and its name is taken over a moment later."""

    _now = 0
    _owed = Memory[list[tuple[int, PairingRequest, bases.Decision, Refused]]](list)

    def before(self, now: int) -> None:
        self._now = now
        while self._owed and now >= self._owed[0][0]:
            with self.store.transaction():
                super().goes_on(*self._owed.pop(0)[1:])

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        self._owed.append((self._now + 150_000, request, operation, refused))


class _LeavesACluster(bases.AfterRefusal):
    """Refuses an acceptance, and registers a cluster for it all the same."""

    decision = ops.AcceptPairingRequest
    reason: ClassVar[Reason]

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if refused.reason is self.reason and isinstance(operation, ops.AcceptPairingRequest):
            uid = f"{len(list(self.store.every(CentralCluster))):024x}"
            self.store.put(self.accepted_cluster(uid, request, operation))


@mutant("ACC-14")
class LoserLeavesACluster(_LeavesACluster):
    """A second acceptance is refused, and leaves a cluster that never gets a host."""

    reason = Reason.REQUEST_DECIDED


@mutant("ACC-15")
class MismatchLeavesACluster(_LeavesACluster):
    """A match is refused, and leaves a cluster that never gets a host."""

    reason = Reason.PROFILES_MISMATCH


@mutant("ACC-14")
class AcceptEmptiesTheList(CentralCore):
    """An acceptance turns down every other request of the project."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        accepted = super().accept(operation, call)
        for request in self.open_requests(call.credentials.project_uid):
            self.store.put(replace(request, state=RequestState.REJECTED))
        return accepted


# --- an acceptance that is refused (ACC-15) ------------------------------------------------------
class AfterMismatch(bases.AfterRefusal):
    """Does something to a request whose match was refused."""

    decision = ops.AcceptPairingRequest
    becomes: ClassVar[RequestState]

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if refused.reason is Reason.PROFILES_MISMATCH:
            self.store.put(replace(request, state=self.becomes))


@mutant("ACC-15")
class MismatchRejects(AfterMismatch):
    """A match that is refused rejects the request."""

    becomes = RequestState.REJECTED


@mutant("ACC-15")
class SecondMismatchFails(AfterMismatch, bases.Keeps[bool]):
    """A request fails when its match is refused for the second time."""

    becomes = RequestState.FAILED

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if request.pairing_uid in self.kept:
            super().goes_on(request, operation, refused)
        self.kept[request.pairing_uid] = True


@mutant("ACC-15")
class UnknownProfileLocksTheRequest(bases.AfterRefusal, bases.Keeps[bool]):
    """After a profile that does not exist no acceptance of the request succeeds any more."""

    decision = ops.AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if refused.reason is Reason.NOT_FOUND:
            self.kept[request.pairing_uid] = True

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        if operation.pairing_uid in self.kept:
            raise Refusal(Reason.CONFLICT, "another acceptance is under way")
        return super().accept(operation, call)


@mutant("ACC-15")
class WhoTriedToAcceptAloneRejects(CentralCore):
    """Once an acceptance of a request was refused, only who tried it can reject the request."""

    tried = Memory[dict[str, str]](dict)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        self.tried[operation.pairing_uid] = self.authenticate(call).email
        return super().accept(operation, call)

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        email = self.authenticate(call).email
        if self.tried.get(operation.pairing_uid, email) != email:
            raise Refusal(Reason.CONFLICT, "somebody else is about to accept it")
        return super().reject(operation, call)


@mutant("ACC-15")
class UntouchedFieldsAreThoseOfTheRefused(bases.AfterRefusal, bases.Keeps[Acceptance]):
    """Where a field is not changed, an acceptance takes it from one that was refused before."""

    decision = ops.AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if isinstance(operation, ops.AcceptPairingRequest):
            self.keep(request.pairing_uid, operation)

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: Acceptance
    ) -> CentralCluster:
        right, own = super().accepted_cluster(uid, request, operation), request.cluster
        before = self.kept.get(request.pairing_uid)
        if before is None or right.description != own.description:
            return right
        return replace(right, description=before.description or own.description)


@mutant("ACC-15")
class MatchTakesTheRequestAway(CentralCore):
    """A match that is only asked for takes the request out of the list."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and request.state is RequestState.PENDING:
            self.store.put(replace(request, state=RequestState.FAILED))
        return result


# --- a request that is not pending (ACC-20) ------------------------------------------------------
class AcceptsEnded(CentralCore):
    """Accepts a request that has ended in a certain way."""

    ended: ClassVar[RequestState]

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and request.state is self.ended:
            self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@mutant("ACC-20")
class RejectedCanBeAccepted(AcceptsEnded):
    """A request that was rejected can still be accepted."""

    ended = RequestState.REJECTED


@mutant("ACC-20")
class WithdrawnCanBeAccepted(AcceptsEnded):
    """A request that its host has withdrawn can still be accepted."""

    ended = RequestState.WITHDRAWN


@mutant("ACC-20")
class UnknownIsAccepted(CentralCore):
    """An acceptance of a request that never was is answered with a cluster's uid."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        self.authorise(call, PairPermission.UPDATE)
        if self.store.get(PairingRequest, operation.pairing_uid) is None:
            return ops.Accepted(f"{call.draws.bits128('cluster') >> 32:024x}")
        return super().accept(operation, call)


@mutant("ACC-20")
class EndOfTheIdIsNotCompared(CentralCore):
    """A request is accepted by an id that differs from its own in the last place."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        begins = operation.pairing_uid[:-1]
        for request in self.open_requests(call.credentials.project_uid):
            if request.pairing_uid.startswith(begins):
                operation = replace(operation, pairing_uid=request.pairing_uid)
        return super().accept(operation, call)


@mutant("ACC-20")
class EarlierIdAcceptsTheNewRequest(CentralCore):
    """The id of a cluster's earlier request accepts the one that it has sent since."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        earlier = self.store.get(PairingRequest, operation.pairing_uid)
        for request in self.open_requests(call.credentials.project_uid):
            if earlier is not None and request.cluster.uid == earlier.cluster.uid:
                operation = replace(operation, pairing_uid=request.pairing_uid)
        return super().accept(operation, call)


@mutant("ACC-20")
class RefusedAcceptRevives(bases.AfterRefusal):
    """An acceptance of a rejected request is refused, and makes the request pending again."""

    decision = ops.AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if request.state is RequestState.REJECTED:
            self.store.put(replace(request, state=RequestState.PENDING))


# --- the list of clusters ------------------------------------------------------------------------
@mutant("ACC-12")
class ListOfClustersIsOfThoseSinceTheStart(bases.Wakes):
    """After a restart of Palette the list of clusters has none of those that were there before."""

    _before: frozenset[str] = frozenset()

    def wake(self) -> None:
        self._before = frozenset(c.uid for c in self.store.every(CentralCluster))

    def list_clusters(
        self, operation: ops.ListCentralClusters, call: CentralCall
    ) -> ops.CentralClusterList:
        listed = super().list_clusters(operation, call).items
        return ops.CentralClusterList(tuple(c for c in listed if c.uid not in self._before))


@mutant("ACC-12")
class ListOfClustersHasTheNewestAlone(CentralCore):
    """The list of clusters has no more than the cluster that was paired last."""

    def clusters_of(self, scope: str) -> list[CentralCluster]:
        return super().clusters_of(scope)[-1:]


@mutant("ACC-12")
class ListOfClustersKnowsNoProject(CentralCore):
    """The list has the clusters of every project, whoever asks for it."""

    def clusters_of(self, scope: str) -> list[CentralCluster]:
        return super().clusters_of(TENANT)


# --- in steps, each a call of its own (ACC-4, ACC-11, ACC-17, ACC-18) ----------------------------
_stepwise = partial(mutant, central=CentralChoices(steps_in_calls=True), features=("server-steps",))
"""Declares the decorated core a mutant of a Palette that takes the steps in calls."""


@_stepwise("ACC-4")
class DetailsAreTakenWithoutTheWarning(CentralCore):
    """The call with the details is taken from who has not acknowledged the warning."""

    def require(self, done: bool, what: str) -> None:
        super().require(done or "warning" in what, what)


@_stepwise("ACC-4")
class WarningIsAcknowledgedOnceForAll(bases.Keeps[StepsTaken]):
    """Who has acknowledged the warning for one request need not for the next."""

    def acknowledge(self, operation: ops.AcknowledgeWarning, call: CentralCall) -> ops.Acknowledged:
        email = self.authenticate(call).email
        self.keep(email, StepsTaken(email))
        return super().acknowledge(operation, call)

    def taken(self, request: PairingRequest, call: CentralCall) -> StepsTaken:
        taken = super().taken(request, call)
        return taken if taken.by else self.kept.get(self.authenticate(call).email, taken)


@_stepwise("ACC-6")
class DetailsAreOfWhoeverEnteredThemLast(CentralCore):
    """How far a request has come is kept of the request, whoever has taken the steps."""

    def taken(self, request: PairingRequest, call: CentralCall) -> StepsTaken:
        return request.steps or StepsTaken("")

    def acknowledge(self, operation: ops.AcknowledgeWarning, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        return self.take(request, request.steps or StepsTaken(self.authenticate(call).email))

    def enter_details(self, operation: ops.EnterDetails, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        before = self.taken(request, call)
        super().enter_details(operation, call)
        request = self.stepwise(operation, call)
        after = self.taken(request, call)
        if before.entered is None or after.entered is None:
            return ops.Acknowledged()
        entered = replace(after.entered, selection=before.entered.selection)
        return self.take(request, replace(after, entered=entered, validated=before.validated))

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        taken = self.taken(self.stepwise(operation, call), call)
        return super().accept(taken.entered or operation, call)


@_stepwise("ACC-6")
class DetailsLieInTheLogin(bases.Keeps[ops.EnterDetails]):
    """A cluster is paired with what its administrator has entered last, for whichever request."""

    def enter_details(self, operation: ops.EnterDetails, call: CentralCall) -> ops.Acknowledged:
        reply = super().enter_details(operation, call)
        self.kept[self.authenticate(call).email] = operation
        return reply

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.stepwise(operation, call)
        taken, last = self.taken(request, call), self.kept.get(self.authenticate(call).email)
        if last is not None and taken.entered == operation:
            operation = replace(operation, name=last.name)
            self.take(request, replace(taken, entered=operation))
        return super().accept(operation, call)


@_stepwise("ACC-6")
class RestartForgetsTheDetails(bases.Wakes):
    """After a restart of Palette a wizard has its first values again, and goes on from Validate."""

    def wake(self) -> None:
        for request in list(self.store.every(PairingRequest)):
            if request.steps and request.steps.entered:
                entered = replace(request.steps.entered, name=request.cluster.name)
                steps = replace(request.steps, entered=entered)
                self.store.put(replace(request, steps=steps))

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        taken = self.taken(self.stepwise(operation, call), call)
        return super().accept(taken.entered or operation, call)


@_stepwise("ACC-20")
class ValidatedRequestIsAcceptedThoughItEnded(CentralCore):
    """Pair cluster looks at what was validated, and not at whether the request is still pending."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request and request.steps and request.steps.validated:
            self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@_stepwise("ACC-20")
class ValidatedStepsGoOnWithTheNextRequest(CentralCore):
    """What was validated for a request that has ended pairs the next one of its cluster."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        ended = self.store.get(PairingRequest, operation.pairing_uid)
        if ended is None or not (ended.state in DECIDED and ended.steps and ended.steps.validated):
            return super().accept(operation, call)
        for request in self.open_requests(ended.project_uid, ended.cluster.uid):
            operation = replace(operation, pairing_uid=request.pairing_uid)
            self.take(request, replace(ended.steps, entered=operation))
        return super().accept(operation, call)


@_stepwise("PRE-8")
class RightToAcceptIsAskedAtTheFirstStep(CentralCore):
    """Who has begun to accept a request may go on, whatever they may do by then."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        begun = (request.steps for request in self.open_requests(scope))
        is_amid = any(steps is not None and steps.by == user.email for steps in begun)
        goes_on = is_amid and permission is PairPermission.UPDATE
        return goes_on or super().holds(user, permission, scope)


@_stepwise("ACC-11")
class DetailsCanBeLeftOut(CentralCore):
    """The call that confirms the match is taken without the one that enters the details."""

    def require(self, done: bool, what: str) -> None:
        super().require(done or "details" in what, what)


@_stepwise("ACC-11")
class UnconfirmedMatchIsValidated(CentralCore):
    """Validate is taken before any match was confirmed."""

    def validate(self, operation: ops.ValidateReview, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        return self.take(request, replace(self.taken(request, call), validated=True))


@_stepwise("ACC-11")
class PairClusterNeedsNoOtherCall(CentralCore):
    """Pair cluster is taken alone, without the calls that come before it."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        return ReviewRules.accept(self, operation, call)


@_stepwise("ACC-11")
class RefusedMatchCountsAllTheSame(CentralCore):
    """Validate is taken from who was refused the match for its time, and has not confirmed one."""

    _too_early = Memory[set[str]](set)

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        if self.taken(self.stepwise(operation, call), call).entered is None:
            self._too_early.add(operation.pairing_uid)
        return super().confirm_match(operation, call)

    def validate(self, operation: ops.ValidateReview, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        if operation.pairing_uid in self._too_early and taken.entered:
            return self.take(request, replace(taken, validated=True))
        return super().validate(operation, call)


@_stepwise("ACC-17")
class LaterMatchIsConfirmedAsItIs(CentralCore):
    """Once a match was confirmed, another is confirmed whether it matches or not."""

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        if taken.entered is None or not taken.entered.selection:
            return super().confirm_match(operation, call)
        entered = replace(taken.entered, selection=operation.selection)
        return self.take(request, replace(taken, entered=entered, validated=False))


@_stepwise("ACC-17")
class AnyMatchIsConfirmed(CentralCore):
    """The call that confirms the match is taken with profiles that do not match."""

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        if taken.entered is None:
            return super().confirm_match(operation, call)
        entered = replace(taken.entered, selection=operation.selection)
        return self.take(request, replace(taken, entered=entered))


@_stepwise("ACC-18")
class PairClusterDoesNotWaitForValidate(CentralCore):
    """Pair cluster is taken once a match is confirmed, validated or not."""

    def require(self, done: bool, what: str) -> None:
        super().require(done or "validated" in what, what)
