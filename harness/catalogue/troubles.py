"""What an error should tell as its reason, and what the document itself calls it.

The procedure gives no error's words. So a text is judged by whether it names what is wrong, and by
the words that the target file adds; what cannot be told by these is observed.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain.endpoint import EndpointForm

CENTRAL_MANAGEMENT = "central-management"

TROUBLES: Mapping[str, str] = {
    "registration-token": "token",
    CENTRAL_MANAGEMENT: "central",
    **dict.fromkeys((form.value for form in EndpointForm if form.is_trouble), "endpoint"),
}
"""Every trouble that a target file may have words for, and the word of the document's labels
(`Registration token`, `Centrally Managed`, `Palette API endpoint`) for what it concerns (PRE-4S,
ACC-13S, PRE-6S).
"""
