"""The numbers of errors, the phases of an application, and what can be planted."""

from __future__ import annotations

from typing import Final

NOT_SIGNED_IN, NOT_PERMITTED, NO_SUCH_THING = 1001, 1003, 1004
NOT_UP, UNFIT, NO_SITE, RUN_BY_OFFICE, FOR_GOOD = 2001, 2002, 2003, 2004, 2005
BAD_VOUCHER, BAD_OFFICE, OUT_OF_REACH = 3001, 3002, 3003
FILED_ALREADY, NOTHING_FILED, GRANTED_ALREADY, DECIDED_ALREADY = 3004, 3005, 3006, 3007
DOES_NOT_FIT, NOT_BOUND_YET = 3008, 3009
TOO_MANY = 4001

FILING, FILED, GRANTED, OBEYING, BOUND, DECLINED, RECALLED, VOID = (
    "filing",
    "filed",
    "granted",
    "obeying",
    "bound",
    "declined",
    "recalled",
    "void",
)
"""`filing` and `obeying` are an annex's own: on its way there, and bound once it says so."""

SESSION_S, LONG_SESSION_S = 2 * 3600, 24 * 3600
COOKIE = "sid"

DEFECTS: Final = {
    # what is its own
    "job-that-did-nothing": "declining is told as done, and the application waits on",
    "job-that-hides-its-failure": "applying is told as done with a number, whatever came of it",
    "cookie-outlives-its-session": "the cookie goes on after the session was closed",
    "poll-of-another": "a host is told what became of the application that was decided last",
    "another-number-for-a-reason": "a site that the office runs is unknown to whoever changes it",
    "moments-in-milliseconds": "a voucher ends a thousand times later than it says",
    "verifies-only-when-told-not-to": "the flag about certificates is read the wrong way round",
    # what others have as well
    "editions-are-not-compared": "an item fits whatever its exact version",
    "recall-needs-the-office": "an application cannot be recalled while the office is out of reach",
    "recall-is-kept-quiet": "the office takes a recall and lets the application wait on",
    "sites-obey-both": "an annex goes on changing a site that the office runs",
    "forgets-when-it-restarts": "an annex has forgotten its application once it was restarted",
    "last-machine-is-not-asked": "the check of the connection leaves out the last host",
    "numbers-come-again": "the number of an application that was declined is given to the next",
    "every-zone-is-shown": "applications are listed whatever zone is asked for",
    # of the office
    "remembers-a-yes": "who was once let do a thing is let for some minutes, whatever they lost",
    "fit-is-not-judged-again": "a choice that was found to fit is granted unlooked at",
    "namesakes-are-cleared-away": "granting forgets what else is filed under the same name",
    "voucher-that-admitted-stays-open": "a voucher that has admitted a host does not end any more",
    "grant-writes-over-what-came-meanwhile": "granting looks, prepares, and writes without a look",
    "restart-undoes-the-unconfirmed": "what was granted and not confirmed waits again at a restart",
    "only-open-copies-are-known": "a copy of what was decided already is filed as another one",
    "compare-across-zones": "bundles are compared with an application of any zone",
    "previews-sort-as-text": "the tenth preview of an edition comes before its ninth",
    "refused-grant-leaves-its-draft": "what a refused grant called the site is kept",
    "decline-trips-over-a-gone-voucher": "declining fails, when done, if the voucher was dropped",
    # of the annexes
    "reached-once-is-reached": "a host that has reached an office is not asked to again",
    "log-out-ends-the-newest": "signing out ends whichever session of the host is the newest",
    "restart-brings-back-the-recalled": "a recall that the office missed is undone by a restart",
    "settings-at-a-sibling": "hosts that did not file take settings even when the office runs it",
    "letters-lose-their-marks": "what is filed of text and labels is cut down to plain letters",
    "files-anew-when-unheard": "an application without an answer is filed again, as another one",
    "one-recovery-clears-the-alarm": "a unit that is fit again makes all of them count as fit",
    "edit-before-the-question": "labels are edited, and then it is asked whether they may be",
    "rounds-by-the-wall-clock": "when the clock goes back, hosts wait until it has caught up",
    # of the office, once more
    "endless-vouchers-are-never-blocked": "a voucher without an end admits though it is blocked",
    "latest-within-its-own-line": "an edition that is named need be the latest of its major only",
    "roles-are-gathered-from-all-zones": "who holds a role in a zone has there all of theirs",
    "row-at-the-page-break-is-lost": "lists have pages of ten, and leave out the row after each",
    "emptied-fields-are-filled-again": "about and labels that are emptied on granting come back",
    "tier-nobody-offers-is-not-missed": "items of a tier that no chosen bundle has are not missed",
    "granting-the-bound-rewrites-it": "granting what is bound renames and relabels its site",
    "grants-what-took-its-place": "granting what was recalled grants what its site filed since",
    "confirming-again-is-refused": "a host that repeats that it obeys is told that it is too late",
    "decline-refreshes-its-own-list": "lists are kept; a decline renews those of its zone alone",
    # of the annexes, once more
    "condition-is-asked-the-first-time": "filing anew after a no asks not for the site's condition",
    "careless-once-is-careless": "an office that was once asked unverified is not verified later",
    "passphrase-counts-to-its-eighth": "the passphrase is compared up to its eighth letter",
    "shows-the-number-it-showed-first": "the number shown is of the first filing until a restart",
    "settings-are-put-off-while-filed": "settings are taken while one waits, and set later",
    "recall-at-a-sibling-stays-there": "the office hears of no recall at a host that did not file",
    "offline-recall-asks-no-questions": "a host without connection recalls what was granted too",
    "declined-voucher-is-used-up": "after a no, the voucher that was used is refused by the annex",
    "refused-reclaim-waits-for-restart": "reclaiming is refused, and done at the next restart",
    "gives-up-after-thirty-tries": "a host that misses the office thirty times asks it no more",
}
HABITS: Final = {
    "jobs-dawdle": "a job is queued, then running, for a while each",
    "more-cookies": "signing in sets other cookies too, before and after the one that counts",
    "says-more": "each result and each error holds what nobody has asked for",
    "short-pages": "a list comes two rows at a time",
    "forgets-the-decided": "an application cannot be read once it was decided",
    "hides-what-one-may-not-see": "who may not look is told that there is no such thing",
    "asks-for-the-voucher-again": "a host is bound only while its voucher is still good",
    "one-sign-in-for-all": "a session that one annex has opened is good at all of them",
    "keeps-offline-recalls-to-itself": "the office is not told later of a recall that it missed",
    "latest-may-be-a-draft": "an edition counts as the latest before it is released",
    "whole-tenancy-rules-its-zones": "who holds a role in the tenancy holds it in each zone",
    "news-come-late": "a host asks twice a second what became of its application",
    # of the office
    "sites-appear-once-bound": "a site is unknown at the office until its host says that it obeys",
    "voucher-takes-its-own-along": "what waits is void once its voucher is not good any more",
    "looks-before-it-asks-who": "an unknown number is unknown to all; then it is asked who may",
    "edition-named-is-not-read": "a bundle stands for its latest edition, whichever is named",
    "moments-by-the-minute": "a list says in which minute an application was filed",
    # of the annexes
    "own-until-it-confirms": "a site is changed by its annex until it tells the office: I obey",
    "labels-follow-the-office": "a bound host goes on asking, and shows the labels that it hears",
    "bound-is-nothing-filed": "an application that was granted is not shown once it is bound",
    "offices-by-full-address": "the office is shown by its whole address, however it was entered",
    "same-again-is-no-other": "what is applied for again while it waits gets the same number",
    "only-the-sender-shows": "an application is shown by the host that sent it, by no sibling",
    "dismantling-recalls": "the application of a site is recalled before it is dismantled",
    "restart-ends-what-was-begun": "what was not filed yet is given up at a restart of the annex",
    # of both
    "three-sessions-each": "who signs in a fourth time is signed out where it was longest ago",
    "answers-in-pieces": "an answer is packed for whoever takes that, and comes in chunks",
}
