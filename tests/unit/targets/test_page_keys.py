"""What a target file says of pages takes the place of what the document says, and no more."""

from __future__ import annotations

import pytest

from harness.configuration.errors import Flaw
from harness.domain.pages import CENTRAL_ONLY, LABELS, LOCAL_ENDS, PROFILE, WARNING_WORDS, PageName
from harness.targets.page_keys import PagesTable
from harness.targets.target_keys import TARGETS

TEXT = """\
schema = "pairproof/target/1"
roles = ["central"]

[implementation]
name = "x"

[central]
url = "http://localhost:1"

[pages]
central = "https://console.example/ui/"

[pages.words]
central-only = "nur noch zentral"

[pages.page.settings.labels."Centrally Managed"]
role = "switch"
name = ["Zentral", "Zentral verwaltet"]

[pages.page.match.labels."a profile"]
role = "option"
name = "{profile}"
before = [{ role = "button", name = "Profil hinzufügen" }]

[pages.page.review]
address = "/pair/{pairing_uid}/review"
opens = [{ role = "button", name = "Alles zeigen" }]
"""


def pages_in(text: str) -> tuple[PagesTable | None, list[Flaw]]:
    said, flaws = TARGETS.judge(TARGETS.parse(text, "a file"))
    return said and said.pages, flaws


def test_what_is_said_takes_the_place_of_the_document() -> None:
    pages, flaws = pages_in(TEXT)
    assert not flaws
    assert pages is not None
    assert pages.central == "https://console.example/ui"
    switch = pages.element(PageName.SETTINGS, "Centrally Managed")
    assert (switch.roles, switch.names) == (("switch",), ("Zentral", "Zentral verwaltet"))
    assert pages.element(PageName.SETTINGS, "Pair") == LABELS[PageName.SETTINGS]["Pair"]
    assert pages.element(PageName.MATCH, PROFILE).documented, "the file says what it is called"
    assert [c.name for c in pages.label(PageName.MATCH, PROFILE).before] == ["Profil hinzufügen"]
    assert pages.address(PageName.REVIEW) == "/pair/{pairing_uid}/review"
    assert pages.address(PageName.MATCH) is None
    assert [click.role for click in pages.opens(PageName.REVIEW)] == ["button"]
    assert pages.warnings() == {
        CENTRAL_ONLY: (("nur noch zentral",),),
        LOCAL_ENDS: (WARNING_WORDS[LOCAL_ENDS],),
    }


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("[pages.page.review]", "[pages.page.revue]"),
        ('"Centrally Managed"]', '"Zentral"]'),
        ('role = "switch"', 'role = "lever"'),
        ('"/pair/', '"pair/'),
        ("central-only", "central_only"),
    ],
)
def test_a_slip_is_told(right: str, wrong: str) -> None:
    assert right in TEXT
    assert pages_in(TEXT.replace(right, wrong))[1]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        (
            """[pages.page.requests.labels.Reject]
before = [{ role = "button", name = "Actions for {pairing_uid}" }]""",
            ("pages", "page", "requests", "labels"),
        ),
        (
            """[pages.page.requests.labels.Reject]
name = "Reject {cluster}\"""",
            ("pages", "page", "requests", "labels"),
        ),
        (
            """[pages.page.details.labels.Name]
name = "{profile}\"""",
            ("pages", "page", "details", "labels"),
        ),
        (
            """[pages.page.requests]
opens = [{ role = "button", name = "{profile}" }]""",
            ("pages", "page", "requests", "opens"),
        ),
        (
            """[pages.page.requests]
address = "/requests/{uid}\"""",
            ("pages", "page", "requests", "address"),
        ),
    ],
)
def test_what_stands_for_nothing_is_refused(said: str, path: tuple[str, ...]) -> None:
    _, flaws = pages_in(TEXT + said)
    assert [flaw.path for flaw in flaws] == [path]
