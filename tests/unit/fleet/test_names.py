"""People and places have the same names in every process, and names of their own."""

from __future__ import annotations

import random
import re
import subprocess
import sys

from harness.fleet.projects import email_of, site

SHOW = (
    "from harness.fleet.projects import *;"
    "a = [site(7, n) for n in range(9)], [email_of(7, str(n)) for n in range(9)];"
    "print(a)"
)


def literal(hash_seed: str, script: str = SHOW) -> str:
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def test_names_do_not_depend_on_the_process_or_on_what_was_asked_before() -> None:
    backwards = SHOW.replace("a =", "[email_of(7, str(n)) for n in range(9, 0, -1)];a =")
    assert literal("1") == literal("2", backwards) != ""


def test_names_leave_the_global_random_alone() -> None:
    random.seed(5)
    expected = random.random()
    random.seed(5)
    site(123_456, 0), email_of(123_456, "x")
    assert random.random() == expected


def test_another_seed_gives_other_names() -> None:
    assert [site(1, n) for n in range(5)] != [site(2, n) for n in range(5)]
    assert [email_of(1, str(n)) for n in range(5)] != [email_of(2, str(n)) for n in range(5)]


def test_sites_and_people_have_names_of_their_own() -> None:
    assert len({site(1, n).name for n in range(2_000)}) == 2_000
    assert len({email_of(1, f"admin-{n}") for n in range(2_000)}) == 2_000


def test_names_of_sites_are_fit_for_labels() -> None:
    for number in range(500):
        name = site(3, number).name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
