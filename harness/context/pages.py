"""What people do and see on pages in a scenario, by the labels of the document.

Every action is recorded, with how the page looks afterwards, and judged by nobody here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace

from harness.catalogue.requirement import Feature
from harness.checkers.answers import ARRANGES, last_value
from harness.checkers.pages import is_element
from harness.checkers.registry import Judge
from harness.context.context import MAIN, Context
from harness.context.recorder import Actor, Inconclusive, NotSupported, RecordedReply
from harness.context.stacks import published
from harness.domain import operations as ops
from harness.domain import page_actions as actions
from harness.domain.pages import LABELS, PageElement, PageName, page_called
from harness.domain.profile import ClusterProfile, Pack, ProfileEdition, StackProfile
from harness.history.operation import Json, OperationRecord
from harness.history.page_tree import PageNode, page_tree


def must_see_pages(context: Context) -> None:
    """Go on only with pages, and something that opens them.

    Raises:
        NotSupported: there are none, or nobody sees them.
    """
    context.needs(Feature.PAGES)
    if why := context.recorder.driver.info.unseen:
        raise NotSupported(f"{Feature.PAGES.value}: {why}")


def keep_pictures(context: Context) -> None:
    """Have a picture kept of each step on a page from now on."""
    actor = Actor(ARRANGES, ops.Credentials())
    context.must(context.recorder.perform(actor, actions.KeepPictures()))


# --- who does what --------------------------------------------------------------------------------


def act(context: Context, action: actions.BrowserAction) -> RecordedReply:
    """Do something as whoever uses this page; without a page, as whoever did something last."""
    page = getattr(action, "page", None)
    actor = _last_actor(context) if page is None else _actor(context, page)
    context.page_actor = actor
    return context.perform(actor, action, "the page")


def go(context: Context, steps: Iterable[actions.BrowserAction]) -> None:
    """A precondition: do these one after the other.

    Raises:
        NotReached: one of them could not be done.
    """
    for action in steps:
        context.must(act(context, action))


def take(context: Context, steps: Iterable[actions.BrowserAction]) -> Iterator[RecordedReply]:
    """Do these one after the other, for each of them to be judged."""
    for action in steps:
        yield act(context, action)


def walk_to(context: Context, page: PageName, label: str = MAIN) -> None:
    """Get to a page as the document says.

    Raises:
        NotReached: it could not be reached.
    """
    go(context, actions.leads_to(page, _uid(context, label, page), _profiles(context, page)))


def walk_from(context: Context, page: PageName, label: str = MAIN) -> actions.BrowserFlow:
    """What leads from a page to the end of the acceptance."""
    for each in actions.WIZARD[actions.WIZARD.index(page) :]:
        yield from actions.leads_on(each, context.cluster(label).pairing_uid, _names(context))


def open_page(context: Context, title: str, label: str = MAIN) -> None:
    """Get to a page by its name in a feature."""
    walk_to(context, page_called(title), label)


def click(
    context: Context, label: str, title: str, beside: str = "", *, patient: bool = True
) -> RecordedReply:
    """Click something on a page; a radio button is chosen by it."""
    page = page_called(title)
    if LABELS[page][label].roles == ("radio",):
        return act(context, actions.SetChecked(page, label))
    return act(context, actions.ClickLabel(page, label, beside, patient))


def enter(context: Context, title: str, tab: int = 1, label: str = MAIN) -> RecordedReply:
    """Open a page by its address."""
    page = page_called(title)
    return act(context, actions.EnterAddress(page, context.cluster(label).pairing_uid, tab))


def set_profiles(context: Context, names: Iterable[str], *, checked: bool) -> None:
    """Select profiles for the match, or take them out again."""
    go(context, actions.selects(tuple(names), checked=checked))


def learn_request(context: Context, label: str = MAIN) -> None:
    """The id of the request that was sent on a page, as Local UI tells it; none where it does not
    show one in time.
    """
    leased = context.cluster(label)
    seen = context.recorder.await_state(
        leased.operator, ops.ViewPairing(), "status_is", status="Pairing"
    )
    leased.pairing_uid = str(last_value(seen).get("pairing_uid") or "")


def _uid(context: Context, label: str, page: PageName) -> str:
    """The request that the way to a page is about, from where the way is of one alone."""
    ways = actions.WIZARD
    of_one = page in ways and ways.index(page) > ways.index(PageName.REQUESTS)
    return context.cluster(label).pairing_uid if of_one else ""


def _profiles(context: Context, page: PageName) -> tuple[str, ...]:
    return _names(context) if page is PageName.REVIEW else ()


def _names(context: Context) -> tuple[str, ...]:
    return tuple(profile.name for profile in selected(context))


def selected(context: Context) -> list[ClusterProfile]:
    """The profiles of the selection, as they are called at the target."""
    known = {profile.uid: profile for profile in context.profiles.values()}
    return [known[chosen.uid] for chosen in context.matching_selection()]


def _actor(context: Context, page: PageName) -> Actor:
    return context.cluster().operator if page.is_local else context.admin()


def _last_actor(context: Context) -> Actor:
    if context.page_actor is None:
        raise Inconclusive("nobody has opened a page yet: the steps are out of order")
    return context.page_actor


# --- what they see --------------------------------------------------------------------------------


def element_of(context: Context, label: str, page: PageName | None = None) -> dict[str, Json]:
    """What a label of the document is at this target, on this page or on any of its side."""
    pages = [page] if page else _pages_with(context, label)
    found = [context.recorder.driver.info.pages.element(p, label) for p in pages]
    element = PageElement(
        tuple(dict.fromkeys(role for each in found for role in each.roles)),
        tuple(dict.fromkeys(name for each in found for name in each.names)),
        any(each.documented for each in found),
    )
    return {name: _list(value) for name, value in asdict(element).items()}


def _pages_with(context: Context, label: str) -> list[PageName]:
    """The pages that have this label, of the side whose page was used last."""
    local = bool(_last_actor(context).host_uid)
    found = [page for page in PageName if label in LABELS[page]]
    return [page for page in found if page.is_local is local] or found


def bring_up(context: Context, label: str, page: PageName | None = None, beside: str = "") -> bool:
    """Open what a label stands behind, if the file says how, and on one page alone; returns whether
    it stands behind anything.
    """
    said = context.recorder.driver.info.pages
    pages = [page] if page else _pages_with(context, label)
    behind = [each for each in pages if said.label(each, label).before]
    if len(behind) != 1:
        return False
    act(context, actions.BringUp(behind[0], label, beside))
    return True


def _list(value: object) -> Json:
    return [str(each) for each in value] if isinstance(value, tuple) else bool(value)


def sees(context: Context, predicate: str, **args: Json) -> OperationRecord:
    """Look at the page until it is so; where it never is, a picture of it is kept."""
    actor, look = _last_actor(context), actions.ViewPage()
    seen = context.recorder.await_state(actor, look, predicate, within_s=None, **args)
    if not (seen.value or {}).get("held"):
        context.recorder.perform(actor, actions.ViewPage(pictured=True))
    return seen


def see(context: Context, judge: Judge, predicate: str, **args: Json) -> None:
    """What the page has to show is waited for, and judged."""
    judge.check("page_was", operation=sees(context, predicate, **args).id)


def see_lasting(context: Context, judge: Judge, predicate: str, **args: Json) -> None:
    """What the page has to show is waited for, has to stay so, and is judged."""
    see(context, judge, predicate, **args)
    actor, look = _last_actor(context), actions.ViewPage()
    seen = context.recorder.stays(actor, look, predicate, during_s=None, **args)
    judge.check("page_was", operation=seen.id)


def said_now(context: Context) -> list[Json]:
    """What the page says as it is."""
    return [*_tree_now(context).texts()]


def has(context: Context, label: str, page: PageName) -> bool:
    """Whether the page has what a label stands for, as it is."""
    element = element_of(context, label, page)
    return any(is_element(node, element) for node in _tree_now(context).every())


def _tree_now(context: Context) -> PageNode:
    seen = context.must(context.perform(_last_actor(context), actions.ViewPage(), "the page"))
    return page_tree(str((seen.record.value or {}).get("snapshot", "")))


def others_than(context: Context, label: str) -> list[Json]:
    """The ids of the other clusters' requests."""
    others = (leased.pairing_uid for name, leased in context.clusters.items() if name != label)
    return [uid for uid in others if uid]


def tag_texts(context: Context, label: str = MAIN) -> list[Json]:
    """What is to be read of a cluster's tags, however they are put together."""
    tags = context.cluster(label).cluster.tags
    return [text for tag in tags.items() for text in tag if text]


# --- profiles with something to review ------------------------------------------------------------


def select_configured(context: Context) -> None:
    """Publish and select profiles that fit, whose packs have values, and with variables."""
    context.selection = ()
    for n, profile in enumerate(context.cluster().cluster.stack):
        made = published(_configured(profile), context.new_id("profile"), context.project())
        edition = ProfileEdition(
            made.editions[0].version,
            made.editions[0].packs,
            variables=((f"variable_{n}", f"of-{profile.name}"),),
        )
        came = context.publish(replace(made, editions=(edition,)))
        context.selection = (*context.selection, ops.SelectedProfile(came.uid))


def _configured(profile: StackProfile) -> StackProfile:
    return replace(profile, packs=tuple(map(_with_values, profile.packs)))


def _with_values(pack: Pack) -> Pack:
    return replace(pack, values=f"replicas: {len(pack.name)}\nnote: for-{pack.name.split()[0]}")


def configuration_texts(context: Context) -> list[Json]:
    """What is to be read of the configurations of the selected profiles.

    Raises:
        Inconclusive: the profiles that are there have none.
    """
    editions = [profile.editions[-1] for profile in selected(context)]
    lines = [line for e in editions for pack in e.packs for line in pack.values.splitlines()]
    variables = [
        text for edition in editions for variable in edition.variables for text in variable
    ]
    if not (lines and variables):
        raise Inconclusive("the profiles that are there have no values and variables to be shown")
    return [*lines, *variables]
