"""Your checks: pure functions from what was recorded to a finding.

A check is registered by its name. The evidence names it, so that a run can be judged again without
the target: `pairproof verify RUN --checks acme_checks.py`.
"""

import re

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, check
from harness.history.operation import History


@check
def pairing_id_can_be_read_out(history: History, operation: str) -> Finding:
    """The id that Local UI answered has eight to forty letters, digits and hyphens."""
    uid = str((history[operation].value or {}).get("pairing_uid", ""))
    if re.fullmatch(r"[A-Za-z0-9-]{8,40}", uid):
        return Finding(Verdict.PASS, "", (operation,))
    return Finding(Verdict.FAIL, f"the pairing id is {uid!r}", (operation,))


@check
def tag_is_shown(history: History, operation: str, name: str, value: str) -> Finding:
    """Local UI shows a tag with just this value."""
    shown = (history[operation].value or {}).get("tags")
    if isinstance(shown, dict) and shown.get(name) == value:
        return Finding(Verdict.PASS, "", (operation,))
    return Finding(Verdict.FAIL, f"{name}={value} is wanted, and {shown} is shown", (operation,))
