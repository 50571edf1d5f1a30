"""All actions: each is a step of the suite, what the step does, and what the model says of it.

Whatever an action does is what the step of the same words does, so that a sequence of actions can
be written down as a scenario and run again as one.
"""

from __future__ import annotations

from harness.explore.action import Action, Does, SequenceContext
from harness.explore.actions_arranged import CONDITIONS, ENTRIES, LINKS, MACHINES, SELECTIONS
from harness.explore.actions_people import ADMINISTRATOR, OPERATOR, PEOPLE, STARTS

__all__ = ["ACTIONS", "STARTS", "Action", "Does", "SequenceContext"]

ACTIONS = (
    *OPERATOR,
    *ADMINISTRATOR,
    *PEOPLE,
    *SELECTIONS,
    *ENTRIES,
    *CONDITIONS,
    *LINKS,
    *MACHINES,
)
"""Every action but how a sequence begins, the plainest first: what is found is shrunk to these."""
