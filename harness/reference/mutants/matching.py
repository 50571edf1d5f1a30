"""Planted defects: the match of packs (ACC-7, ACC-8, ACC-9A to ACC-9D, ACC-10)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.domain.match import Choice, MatchResult, Mismatch, Problem
from harness.domain.operations import MatchProfiles, SelectedProfile
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileType
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.records import PairingRequest
from harness.reference.mutants.central_bases import (
    Demanding,
    Normalising,
    Overlooking,
    chosen_edition,
    offered_packs,
)
from harness.reference.planting import mutant

# --- versions and names that are made alike (ACC-7) ---------------------------------------------


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
class NamesOfPacksUpToTheDash(Normalising):
    """The name of a pack is compared up to its first dash."""

    def name(self, name: str) -> str:
        return name.partition("-")[0]


@mutant("ACC-7")
class DashInANameIsABlank(Normalising):
    """A dash in the name of a pack is taken for a blank."""

    def name(self, name: str) -> str:
        return name.replace("-", " ")


# --- problems that are overlooked (ACC-7, ACC-9C, ACC-9D, ACC-10) -------------------------------


@mutant("ACC-7")
class VersionFitsByItsBeginning(Overlooking):
    """A pack's version fits when it begins with the one that the cluster runs."""

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
        begins = problem.offered_version.startswith(problem.local_version)
        return problem.kind is Mismatch.VERSION and begins


@mutant("ACC-7")
class LaterVersionsAsTextFit(Overlooking):
    """A pack's version fits when it comes later by the alphabet than the one that runs."""

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
        return problem.kind is Mismatch.VERSION and problem.offered_version > problem.local_version


class InOneLayer(Overlooking):
    """Overlooks one kind of problem in one layer."""

    kind: Mismatch
    layer: Layer

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
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

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
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
class OneAddOnIsEnough(Overlooking):
    """An add-on that is missing is overlooked as long as another one is there."""

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
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

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
        return problem.kind is Mismatch.EXTRA and any(
            self._brings(choice, problem.pack, {pack.name for pack in local}) for choice in choices
        )

    def _brings(self, choice: Choice, extra: str, local: set[str]) -> bool:
        edition = chosen_edition(choice)
        names = {pack.name for pack in edition.packs} if edition else set()
        is_add_on = choice.profile.type is ProfileType.ADD_ON
        return is_add_on and extra in names and bool(names & local)


@mutant("ACC-7")
class AnyPackHasTheVersion(Overlooking):
    """Names and versions are compared as two sets, each for itself."""

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
        offered = offered_packs(choices)
        agree = {p.version for p in local} == {p.version for p in offered}
        return problem.kind is Mismatch.VERSION and agree


class OneOfTwo(Overlooking):
    """Of two packs of one name it looks at one."""

    @staticmethod
    def in_order(packs: list[Pack]) -> list[Pack]:
        """The packs so that the one that counts comes last."""
        return packs

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
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


@mutant("ACC-7")
class TwoInfraProfilesAreFine(Overlooking):
    """A base of two infra profiles is let through, as long as the packs agree."""

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
        infra = [c for c in choices if c.profile.type is ProfileType.INFRA]
        return problem.kind is Mismatch.BASE_PROFILES and len(infra) == 2


@mutant("ACC-7")
class NoBaseIsNeeded(Overlooking):
    """Add-on profiles alone are let through, as long as the packs agree."""

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
        bases = [c for c in choices if c.profile.type.is_base]
        return problem.kind is Mismatch.BASE_PROFILES and bool(choices) and not bases


# --- other matches ------------------------------------------------------------------------------


@mutant("ACC-7")
class NothingSelectedIsValid(CentralCore):
    """Without any profile there is nothing that does not match."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        return super().matched(request, selection) if selection else MatchResult((), ())


@mutant("ACC-7")
class UnknownProfilesAreSkipped(CentralCore):
    """A selected profile that does not exist is passed over."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        known = (chosen for chosen in selection if self.store.get(ClusterProfile, chosen.uid))
        return super().matched(request, tuple(known))


@mutant("ACC-7")
class FitsAnyPendingCluster(CentralCore):
    """Profiles that fit another pending cluster of the project are let through."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        pending = self.open_requests(request.project_uid)
        results = [CentralCore.matched(self, each, selection) for each in (request, *pending)]
        return next((result for result in results if result.valid), results[0])


@mutant("ACC-7")
class AcceptDoesNotMatch(CentralCore):
    """The match is right when it is asked for, and an acceptance does not look at it."""

    def require_match(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> None:
        """Refuse nothing."""


@mutant("ACC-7")
class MatchAlwaysSaysValid(CentralCore):
    """A match that is asked for is always valid, and only an acceptance looks closely."""

    def match(self, operation: MatchProfiles, call: CentralCall) -> MatchResult:
        return MatchResult(super().match(operation, call).packs, ())


# --- selections that fit and are refused (ACC-8, ACC-9A, ACC-9B) --------------------------------


@mutant("ACC-8")
class FullProfileStandsAlone(Demanding):
    """A full profile leaves no room for an add-on profile beside it."""

    def misses(self, request: PairingRequest, choices: Sequence[Choice]) -> Problem | None:
        types = [choice.profile.type for choice in choices]
        if ProfileType.FULL in types and len(types) > 1:
            return Problem(Mismatch.EXTRA, "a full profile needs nothing besides")
        return None


@mutant("ACC-8")
class TwoAddOnProfilesAtMost(Demanding):
    """More than two add-on profiles are refused."""

    def misses(self, request: PairingRequest, choices: Sequence[Choice]) -> Problem | None:
        if [choice.profile.type for choice in choices].count(ProfileType.ADD_ON) > 2:
            return Problem(Mismatch.EXTRA, "there are too many add-on profiles")
        return None


@mutant("ACC-8")
class BaseProfileComesFirst(Demanding):
    """The infra or full profile has to be selected first."""

    def misses(self, request: PairingRequest, choices: Sequence[Choice]) -> Problem | None:
        if choices and not choices[0].profile.type.is_base:
            return Problem(Mismatch.BASE_PROFILES, "the infra profile has to come first")
        return None


@mutant("ACC-8")
class PacksInTheSameOrder(Demanding):
    """The packs have to come in the order in which the cluster has them."""

    def misses(self, request: PairingRequest, choices: Sequence[Choice]) -> Problem | None:
        local = [pack.name for part in request.cluster.stack for pack in part.packs]
        if [pack.name for pack in offered_packs(choices)] != local:
            return Problem(Mismatch.MISSING, "the packs come in another order")
        return None


@mutant("ACC-9A")
class NamesOfPacksUpToTheBlank(CentralCore):
    """The name of a pack is cut off at a blank where the cluster's own packs are read."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        result = super().matched(request, selection)
        cut = [pack for part in request.cluster.stack for pack in part.packs if " " in pack.name]
        lost = [Problem(Mismatch.MISSING, f"{p.name} is missing", pack=p.name) for p in cut]
        return MatchResult(result.packs, (*result.problems, *lost))


@mutant("ACC-9B")
class AsManyProfilesAsLocally(Demanding):
    """There have to be as many profiles as the cluster runs."""

    def misses(self, request: PairingRequest, choices: Sequence[Choice]) -> Problem | None:
        if choices and len(choices) < len(request.cluster.stack):
            return Problem(Mismatch.MISSING, "there are fewer profiles than the cluster runs")
        return None
