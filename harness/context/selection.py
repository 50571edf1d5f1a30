"""What an administrator selects for the match, made ready in Palette.

Each function publishes what is needed and leaves the context's selection behind. "The" infra or
add-on profile is the first one of its type that a scenario has made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.context import stacks
from harness.context.context import MAIN, OTHER, Context
from harness.context.recorder import Inconclusive, NotSupported, RecordedReply
from harness.context.stacks import BadTable, pack_from, published
from harness.domain.arrangements import PutProfile
from harness.domain.errors import PairproofError
from harness.domain.operations import MatchProfiles, ProfileView, SelectedProfile, ViewProfile
from harness.domain.permission import TENANT
from harness.domain.profile import ClusterProfile, Pack, ProfileEdition, ProfileType, StackProfile
from harness.targets.port import CannotArrange

Rows = Sequence[Sequence[str]]
Packs = tuple[Pack, ...]

NONE = "(none)"
"""In a feature: this value is empty."""
_EDITION_COLUMNS = ("version", "packs", "state")
_STATES = {"published": True, "draft": False}


class NoSuchProfile(PairproofError):
    """A scenario speaks of a profile, or of a fault, that does not exist."""


# --- selecting --------------------------------------------------------------------------------


def local(context: Context, label: str = MAIN) -> stacks.Stack:
    """What a local cluster runs."""
    return context.cluster(label).cluster.stack


def named(context: Context, label: str = MAIN) -> stacks.Stack:
    """What a local cluster runs, where a feature speaks of its packs by their names.

    Raises:
        Inconclusive: it runs others; clusters are given on this target.
    """
    if not context.cluster(label).runs_as_asked:
        raise Inconclusive(
            "the scenario names packs of the documented example, and the cluster that is given runs"
            " others: a cluster with these has to be installed"
        )
    return local(context, label)


def select_like(context: Context, stack: Iterable[StackProfile]) -> None:
    """Publish a cluster profile for each profile of a stack, and select them all."""
    context.selection = ()
    for profile in stack:
        _select(context, published(profile, context.new_id("profile"), context.project()))


def select_versions(context: Context, kind: ProfileType, rows: Rows) -> None:
    """Select what fits the local cluster, with the profile of one type in several versions."""
    of_kind = _of_kind(named(context), kind)
    select_like(context, [p for p in local(context) if p is not of_kind])
    uid, project = context.new_id("profile"), context.project()
    _select(context, ClusterProfile(uid, of_kind.name, kind, editions_from(rows), project))


@dataclass(frozen=True, slots=True)
class CrossedVersions:
    """A profile that is to have two published versions, and perhaps a draft before both.

    `made` is `in order`, `in reverse`, `the later one meanwhile`: after the first was matched; or
    `the later one after a pairing`: after another cluster was paired with it, if it fits.
    """

    type: ProfileType
    earlier: str
    later: str
    made: str
    draft: str

    @classmethod
    def named(cls, kind: str, versions: str, made: str, draft: str) -> CrossedVersions:
        """As a feature says it: `full`, `1.9.0 < 1.10.0`."""
        earlier, later = versions.split(" < ")
        type_ = ProfileType.FULL if kind == "full" else ProfileType(kind)
        return cls(type_, earlier, later, made, draft)

    def editions(self, fitting: Packs, unlike: Packs, *, later_fits: bool) -> list[ProfileEdition]:
        """All that it has in the end, in the order in which they are made."""
        later = ProfileEdition(self.later, fitting if later_fits else unlike)
        earlier = ProfileEdition(self.earlier, unlike if later_fits else fitting)
        made = [later, earlier] if self.made == "in reverse" else [earlier, later]
        if self.draft != "no draft":
            packs = fitting if self.draft.endswith("that fits") else unlike
            made.insert(0, ProfileEdition("0.1.0", packs, published=False))
        return made


def select_crossed(
    context: Context, crossed: CrossedVersions, later_fits: bool, unlike: str
) -> None:
    """Select what fits, but for one version of a profile that has something else.

    Raises:
        NotSupported: a profile whose versions all come before a release has no latest one there.
    """
    is_full = crossed.type is ProfileType.FULL
    stack = _as_one(context) if is_full else named(context)
    fitting = _of_kind(stack, crossed.type)
    editions = crossed.editions(
        fitting.packs, _unlike(fitting.packs, unlike), later_fits=later_fits
    )
    last = editions.pop() if crossed.made.startswith("the later one") else None
    select_like(context, [p for p in stack if p is not fitting])
    uid, project = context.new_id("profile"), context.project()
    _select(context, ClusterProfile(uid, fitting.name, crossed.type, tuple(editions), project))
    if last is not None:
        if crossed.made == "the later one after a pairing":
            _decide_another(context, fits=not later_fits)
        elif context.offers(MatchProfiles):
            match(context)
        add_edition(context, crossed.type, last)
    if "-" in crossed.later and not _has_a_latest(context, _made(context, crossed.type)):
        raise NotSupported("a version before a release is never the latest there")


def _has_a_latest(context: Context, made: ClusterProfile) -> bool:
    """Whether any version of a profile is its latest, as the lab tells it, or as Palette shows it.

    Raises:
        NotSupported: neither says so.
    """
    told = context.recorder.see_effect(PutProfile(made)).value
    if isinstance(told, dict) and isinstance(latest := told.get("latest"), str):
        return bool(latest)
    look = ViewProfile(made.uid)
    seen = context.must_if_offered(context.recorder.perform(context.admin(), look)).value
    return not isinstance(seen, ProfileView) or seen.published


def _decide_another(context: Context, *, fits: bool) -> None:
    """A precondition: another cluster like it is paired with what is selected, if that fits.

    Raises:
        Inconclusive: it is not, or is although nothing fits.
    """
    label = OTHER
    if fits:
        context.paired(label)
    else:
        context.pending(label)
        context.must_be_refused(context.accept(label))


def select_of_one_rank(context: Context, versions: Sequence[str]) -> None:
    """Select what fits, with an add-on profile in two versions of which nobody says which is the
    latest; the last one alone fits.
    """
    fitting = _of_kind(named(context), ProfileType.ADD_ON)
    select_like(context, [p for p in named(context) if p is not fitting])
    others = [ProfileEdition(v, _unlike(fitting.packs, "another version")) for v in versions[:-1]]
    editions = (*others, ProfileEdition(versions[-1], fitting.packs))
    uid, project = context.new_id("profile"), context.project()
    made = ClusterProfile(uid, fitting.name, ProfileType.ADD_ON, editions, project)
    came = context.recorder.arrange(PutProfile(made)).profile
    context.selection = (*(context.selection or ()), SelectedProfile(came.uid))


def select_of_one_name(context: Context, fitting: str, selected: str) -> None:
    """Select what fits, with one of two add-on profiles of the same name: the tenant has one, and
    the project has another. The one that fits need not be the one that is selected; whether that of
    the tenant can be selected at all is the product's affair.

    Raises:
        NotSupported: no second one of the same name can be made.
    """
    of_kind = _of_kind(named(context), ProfileType.ADD_ON)
    select_like(context, [p for p in named(context) if p is not of_kind])
    made = dict[str, str]()
    for where, scope in (("the tenant", TENANT), ("the project", context.project())):
        packs = of_kind.packs if where == fitting else _unlike(of_kind.packs, "another version")
        editions = (ProfileEdition("1.0.0", packs),)
        uid = context.new_id("profile")
        profile = ClusterProfile(uid, of_kind.name, ProfileType.ADD_ON, editions, scope)
        try:
            made[where] = context.recorder.arrange(PutProfile(profile)).profile.uid
        except CannotArrange as error:
            raise NotSupported(
                f"no second profile of the same name can be made: {error}"
            ) from error
    if len(set(made.values())) < len(made):
        raise NotSupported("no second profile of the same name can be made: it is the first one")
    context.selection = (*(context.selection or ()), SelectedProfile(made[selected]))


def _as_one(context: Context) -> stacks.Stack:
    """What the local cluster runs, in one full profile (ACC-8)."""
    packs = tuple(pack for profile in named(context) for pack in profile.packs)
    return (StackProfile("edge-full", ProfileType.FULL, "1.0.0", packs),)


def _unlike(packs: Packs, how: str) -> Packs:
    if how == "a pack more":
        return (*packs, pack_from("Hello-Universe 2.0.0"))
    return (*packs[:-1], replace(packs[-1], version="40.3.1"))


def select_unknown(context: Context) -> None:
    """Select a profile that does not exist, beside those that fit."""
    fitting = context.matching_selection()
    context.selection = (*fitting, SelectedProfile(context.new_id("unknown-profile")))


def select_copy(context: Context, kind: ProfileType) -> None:
    """Select what fits the local cluster, and a second profile like the one of this type."""
    stack = local(context)
    select_like(context, (*stack, replace(_of_kind(stack, kind), name="edge-copy")))


def select_twice(context: Context, kind: ProfileType) -> None:
    """Select what fits the local cluster, and the profile of this type once more."""
    fitting = context.matching_selection()
    context.selection = (*fitting, SelectedProfile(_made(context, kind).uid))


def ask_for_version(context: Context, kind: ProfileType, version: str) -> None:
    """Ask for this version of a selected profile; an empty text asks for the profile alone."""
    uid = _made(context, kind).uid
    if version and uid in context.of_other_versions:
        raise Inconclusive("the versions of the profile that is given are called otherwise")
    context.selection = tuple(
        SelectedProfile(uid, version) if chosen.uid == uid else chosen
        for chosen in context.selection or ()
    )


def add_edition(context: Context, kind: ProfileType, edition: ProfileEdition) -> None:
    """Publish a further version of a profile that is selected."""
    named(context)
    _publish(context, kind, (*_made(context, kind).editions, edition))


def publish_drafts(context: Context, kind: ProfileType) -> None:
    """Publish what is a draft yet of a profile that is selected, the last of its versions."""
    editions = _made(context, kind).editions
    _publish(context, kind, tuple(replace(edition, published=True) for edition in editions))


def _publish(context: Context, kind: ProfileType, editions: tuple[ProfileEdition, ...]) -> None:
    """Which version Palette shows as the latest decides nothing, and may take a while to change:
    that is waited for, and what is judged is the match.
    """
    came = context.publish(replace(_made(context, kind), editions=editions))
    look, version = ViewProfile(came.uid), came.editions[-1].version
    context.recorder.await_state(context.admin(), look, "version_not_otherwise", version=version)


def select_unfit(context: Context, fault: str) -> None:
    """Select profiles that do not match the local cluster, for one reason.

    Raises:
        NoSuchProfile: there is no such fault.
    """
    if fault not in _FAULTS:
        raise NoSuchProfile(f"no step knows the fault {fault!r}; known are: {', '.join(_FAULTS)}")
    _FAULTS[fault](context)


def _too_new(context: Context) -> None:
    stack = named(context)
    pack = _of_kind(stack, ProfileType.ADD_ON).packs[0]
    rows = [
        list(_EDITION_COLUMNS),
        ["1.0.0", str(pack), "published"],
        ["1.1.0", f"{pack.name} 45.0.0", "published"],
    ]
    select_versions(context, ProfileType.ADD_ON, rows)


def _varied(change: Callable[[stacks.Stack], stacks.Stack]) -> Callable[[Context], None]:
    return lambda context: select_like(context, change(named(context)))


_RIVAL = StackProfile("edge-rival", ProfileType.INFRA, "1.0.0", (pack_from("RKE2 1.31.0 (k8s)"),))
"""An infra profile with a pack of its own; whether a copy of the first one matches is open."""

_FAULTS: Mapping[str, Callable[[Context], None]] = {
    "a wrong version": _varied(lambda s: stacks.with_version(s, "Calico", "3.26.0")),
    "a pack too many": _varied(lambda s: stacks.with_besides(s, pack_from("Hello-Universe 2.0.0"))),
    "a missing layer": _varied(lambda s: stacks.without(s, "PXK-E")),
    "a version that is not the latest": _too_new,
    "a second infra profile": lambda context: select_like(context, (*local(context), _RIVAL)),
    "nothing selected": lambda context: select_like(context, ()),
    "a profile that does not exist": select_unknown,
}


# --- tables and names -------------------------------------------------------------------------


def editions_from(rows: Rows) -> tuple[ProfileEdition, ...]:
    """Versions of a profile from a table with the columns version, packs and state.

    Packs are separated by commas; the state is `published` or `draft`.

    Raises:
        BadTable: the columns are others, or a state or a pack cannot be read.
    """
    header, *body = rows
    if tuple(header) != _EDITION_COLUMNS:
        raise BadTable(f"versions need the columns {', '.join(_EDITION_COLUMNS)}, not {header}")
    return tuple(
        ProfileEdition(version, packs_from(packs), _is_published(state))
        for version, packs, state in body
    )


def packs_from(text: str) -> tuple[Pack, ...]:
    """Packs from a list that is separated by commas, or `(none)`.

    Raises:
        BadTable: one of them is no pack.
    """
    return tuple(pack_from(part) for part in text.split(",") if text != NONE)


def _is_published(state: str) -> bool:
    if state not in _STATES:
        raise BadTable(f"a version is published or a draft, not {state!r}")
    return _STATES[state]


def _of_kind(stack: Iterable[StackProfile], kind: ProfileType) -> StackProfile:
    found = next((p for p in stack if p.type is kind), None)
    if found is None:
        raise NoSuchProfile(f"the local cluster has no {kind.value} profile")
    return found


def _made(context: Context, kind: ProfileType) -> ClusterProfile:
    found = next((p for p in context.profiles.values() if p.type is kind), None)
    if found is None:
        raise NoSuchProfile(f"the scenario has made no {kind.value} profile")
    return found


def _select(context: Context, profile: ClusterProfile) -> None:
    try:
        chosen = SelectedProfile(context.publish(profile).uid)
    except CannotArrange as error:
        if profile.type is ProfileType.SYSTEM:  # not everybody lets one be made
            raise NotSupported(f"no system profile can be made: {error}") from error
        if not all(edition.packs for edition in profile.editions):  # nor an empty version
            raise NotSupported(f"no version without packs can be made: {error}") from error
        raise
    context.selection = (*(context.selection or ()), chosen)


# --- asking -----------------------------------------------------------------------------------


def match(context: Context, label: str = MAIN) -> RecordedReply:
    """Ask whether the selection matches a cluster's request."""
    operation = MatchProfiles(context.cluster(label).pairing_uid, context.matching_selection(label))
    return context.perform(context.admin(), operation, "the match")


def match_if_offered(context: Context, label: str = MAIN) -> None:
    """The same; where nobody can ask, it is the acceptance that tells."""
    if context.offers(MatchProfiles):
        match(context, label)
    else:
        context.not_asked.add("the match")


def pair(context: Context, label: str = MAIN) -> RecordedReply:
    """Pair a cluster with the selection, whatever a match has said."""
    leased = context.cluster(label)
    operation = context.acceptance(label).on(leased.pairing_uid)
    return context.accepted(leased, context.perform(context.admin(), operation, "the acceptance"))


def pair_fitting(context: Context, label: str = MAIN) -> RecordedReply:
    """Pair a cluster with profiles that fit, made for this alone."""
    context.selection = None
    return pair(context, label)
