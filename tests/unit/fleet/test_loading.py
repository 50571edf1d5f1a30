"""A scenario file that is wrong is told so: file, line, key, what is wrong, and what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.fleet.loading import as_plain, from_plain, load, read, with_overrides
from harness.fleet.scenario import (
    MINUTE,
    SCENARIO_FILE,
    Distribution,
    FaultKind,
    Scenario,
    ScenarioError,
    Spread,
)

WHOLE = """\
schema = "pairproof/scenario/1"
name = "whole"
why = "It shows what a file may say."
duration = "1h"
gate = ["violations == 0"]

[fleet]
hosts = 100

[operators]
cancels = 0.25
cancel_after = "~5m"

[[faults]]
kind = "link"
scope = "site"
at = "10m"
lasts = "1m..5m"

[reach]
cancel_offline = 2.5
"""


def mistakes_of(text: str) -> list[tuple[int, str, str]]:
    """What is told of a text: line, key, and everything else."""
    with pytest.raises(ScenarioError) as caught:
        read(text, "whole.toml")
    assert all(line.startswith("whole.toml") for line in str(caught.value).splitlines())
    return [(m.line, m.key, f"{m.found}; {m.remedy}") for m in caught.value.mistakes]


def spoilt(old: str, new: str) -> str:
    assert WHOLE.count(old) == 1
    return WHOLE.replace(old, new)


def test_a_file_says_what_the_scenario_is() -> None:
    scenario = read(WHOLE, "whole.toml")

    assert (scenario.name, scenario.duration, scenario.fleet.hosts) == ("whole", 60 * MINUTE, 100)
    assert scenario.operators.cancels_ppm == 250_000
    assert scenario.operators.cancel_after == Spread(0, 5 * MINUTE, Distribution.EXPONENTIAL)
    assert scenario.faults[0].kind is FaultKind.LINK
    assert scenario.faults[0].lasts == Spread(MINUTE, 5 * MINUTE)
    assert scenario.reach == (("cancel_offline", 2_500),)
    assert scenario.given == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "told"),
    [
        ("hosts = 100", "hots = 100", 8, "fleet.hots", "did you mean hosts?"),
        ("[operators]", "[opperators]", 10, "opperators", "did you mean operators?"),
        ('scope = "site"', 'scoop = "site"', 16, "faults[0].scoop", "did you mean scope?"),
        ("hosts = 100", 'hosts = "many"', 8, "fleet.hosts", '"many" is no whole number; write a'),
        ("hosts = 100", "hosts = true", 8, "fleet.hosts", "true is no whole number"),
        ("hosts = 100", "hosts = 0", 8, "fleet.hosts", "0 is out of bounds; write a whole number"),
        ("cancels = 0.25", "cancels = 25", 11, "operators.cancels", "25 % is 0.25"),
        ("cancels = 0.25", "cancels = 0.1234567", 11, "operators.cancels", "at most 6 decimal"),
        ("cancels = 0.25", "cancels = nan", 11, "operators.cancels", "is no number"),
        ('"~5m"', "5", 12, "operators.cancel_after", 'no unit; write "5s" if seconds'),
        ('"~5m"', '"5 minutes"', 12, "operators.cancel_after", "is no spread of durations"),
        ('"1m..5m"', '"5m..1m"', 18, "faults[0].lasts", "write the shorter one first"),
        ('kind = "link"', 'kind = "lnik"', 15, "faults[0].kind", "did you mean link?"),
        ('kind = "link"\n', "", 14, "faults[0].kind", "missing; add kind = …: one of link,"),
        ('at = "10m"', 'at = "2h"', 17, "faults[0].at", "the run is over by then"),
        ('at = "10m"', 'at = "9m"\nevery = "~1h"', 17, "faults[0].at", "contradict each other"),
        ('at = "10m"', 'repeat = "9m"', 17, "faults[0].repeat", "no effect without at; set at"),
        ('at = "10m"', 'at = "9m"\nrepeat = "2m"', 18, "faults[0].repeat", "not over when it com"),
        ("[fleet]", "[network]\ndelay = \"1s\"\n[fleet]", 8, "network.delay", "set delayed"),
        ("cancel_offline", "cancel_offlin", 21, "reach.cancel_offlin", "mean cancel_offline?"),
        ("cancel_offline", "token_refused", 21, "reach.token_refused", "never gets there"),
        ("cancel_offline = 2.5", "cancel_offline = -1", 21, "reach.cancel_offline", "out of bou"),
        ('["violations == 0"]', '["violation == 0"]', 5, "gate[0]", "did you mean violations"),
        ('["violations == 0"]', '"violations == 0"', 5, "gate", "is no list; write"),
        ('"violations == 0"', '"violations"', 5, "gate[0]", "a metric, a comparison"),
        ('duration = "1h"\n', "", 1, "duration", "missing; add duration = …: a duration"),
        ('"pairproof/scenario/1"', '"pairproof/scenario/2"', 1, "schema", "write schema ="),
        ('schema = "pairproof/scenario/1"\n', "", 1, "schema", "it is missing; write schema ="),
        ('name = "whole"', 'name = "Whole one"', 2, "name", "small letters and digits"),
        ('why = "It', 'why = It', 3, "", "this is not TOML"),
        ("[fleet]\nhosts = 100", "fleet = 100", 7, "fleet", "no table; write a table: [fleet]"),
        ("hosts = 100", "sizes = { 0 = 1 }", 8, "fleet.sizes.0", "not do; write a table: size"),
        ("hosts = 100", "sizes = { 1 = 0 }", 8, "fleet.sizes", "none of them has a weight"),
        ('name = "whole"', 'name = "whole"\ngiven = ["faults"]', 3, "given", "no such key"),
        ('gate = [', 'swarm = 1\ngate = [', 5, "swarm", "1 is neither true nor false; write true"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_slot_and_a_remedy(
    old: str, new: str, line: int, key: str, told: str
) -> None:
    found = mistakes_of(spoilt(old, new))

    assert [entry[:2] for entry in found] == [(line, key)], found
    assert told in found[0][2]
    assert "; " in found[0][2]


def test_everything_wrong_is_told_at_once_in_the_order_of_lines() -> None:
    text = spoilt("hosts = 100", "hots = 100").replace('"site"', '"sight"').replace("0.25", "2.5")

    assert [line for line, _, _ in mistakes_of(text)] == [8, 11, 16]


@pytest.mark.parametrize(
    ("old", "new"),
    [('scope = "site"', 'scoop = "site"'), ('kind = "link"', ""), ("0.25", '"much"')],
)
def test_a_mistake_hides_none_of_another_table(old: str, new: str) -> None:
    text = spoilt(old, new).replace("hosts = 100", 'hosts = 2\nsizes = { "3" = 1 }')

    first, second = mistakes_of(text)
    assert (first[1], "2 hosts make no cluster of 3" in first[2]) == ("fleet.hosts", True)
    assert second[1].startswith(("faults", "operators"))


def test_what_depends_on_a_mistake_is_not_told_as_another() -> None:
    assert len(mistakes_of(spoilt('duration = "1h"', 'duration = "one hour"'))) == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("hosts = 100", 'hosts = 2\nsizes = { "3" = 1 }', "2 hosts make no cluster of 3"),
        ("[operators]", '[admins]\nshift = "9h"\nday = "8h"\n[operators]', "does not fit into"),
        ("[operators]", "[admins]\ndoubles = 0.1\nteam = 1\n[operators]", "there is only one"),
        ("[operators]", '[operators]\nbegin = "2h"', "nobody begins before the end"),
        ("[operators]", '[network]\nlatency = "6s"\n[operators]', "no answer comes within it"),
        ("[operators]", '[agents]\npoll = "3m"\n[operators]', "learn of a decision no sooner"),
        (
            "[operators]",
            "[network]\nlost_before = 0.6\nlost_after = 0.6\n[operators]",
            "make 1.2 together",
        ),
        ('kind = "link"', 'kind = "loss"', "a loss without a share loses nothing"),
        ('kind = "link"\nscope = "site"', 'kind = "clock"', "nothing stays"),
        ('kind = "link"', 'kind = "central"', "strikes a whole side"),
        ('kind = "link"', 'kind = "clock"', "has no lasts"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(old: str, new: str, told: str) -> None:
    assert any(told in entry[2] for entry in mistakes_of(spoilt(old, new)))


# --- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no such file; give the path of a scenario file"),
        (b"why = \"caf\xe9\"\n", ":1: this is no text in UTF-8; save it as UTF-8"),
        (b"# much\n" * (SCENARIO_FILE.bytes_max // 7 + 1), "it is too large: more than"),
        (b"x = " + b"[" * 5_000, "nested deeper than 64 levels"),
        (b"", "schema: it is missing"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = tmp_path / "whole.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ScenarioError) as caught:
        load(path)

    assert str(path) in str(caught.value)
    assert told in str(caught.value)


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="it is a folder"):
        load(tmp_path)


def test_a_file_is_called_like_its_scenario(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(WHOLE, "utf-8")

    with pytest.raises(ScenarioError, match=r'other\.toml:2: name: it is "whole".*or rename'):
        load(path)


def test_a_mark_of_byte_order_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "whole.toml"
    path.write_text(WHOLE, "utf-8-sig")

    assert load(path) == read(WHOLE, "whole.toml")


# --- other ways in --------------------------------------------------------------------------


def whole() -> Scenario:
    return read(WHOLE, "whole.toml")


def test_the_command_line_overrides_hosts_seed_and_duration() -> None:
    changed = with_overrides(whole(), hosts=7, seed=9, until=30 * MINUTE)

    assert (changed.fleet.hosts, changed.seed, changed.duration) == (7, 9, 30 * MINUTE)
    assert replace(changed, fleet=whole().fleet, seed=1, duration=60 * MINUTE) == whole()


def test_a_fault_after_the_overridden_end_is_left_out() -> None:
    assert with_overrides(whole(), until=5 * MINUTE).faults == ()


def test_an_override_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"whole, as it was asked for: fleet\.hosts: -1 is out"):
        with_overrides(whole(), hosts=-1)


def test_a_duration_that_is_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"fleet\.window: it is longer than the duration"):
        with_overrides(whole(), until=MINUTE // 100)


def test_plain_data_comes_back_as_the_same_scenario() -> None:
    assert from_plain(as_plain(whole())) == whole()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hots": 3}, "hots: there is no such field; use the pairproof that wrote it"),
        ({"duration": "1h"}, "Expected `int`, got `str`"),
        ({"duration": -5}, "duration: "),
        (
            {"fleet": {"window": 5, "sizes": [[1, 1], [1, 2]]}},
            'fleet.window: "5us" is out of bounds; write a duration from 10ms to 1h',
        ),
        ({"fleet": {"sizes": [[1, 1], [1, 2]]}}, "no file could say this"),
        (
            {"operators": {"think": {"low": 1, "high": 2, "shape": "exponential"}}},
            "no file could say this",
        ),
    ],
)
def test_plain_data_that_does_not_fit_is_refused(change: dict[str, object], told: str) -> None:
    data = as_plain(whole()) | change  # type: ignore[operator]

    with pytest.raises(ScenarioError) as caught:
        from_plain(data)

    assert told in str(caught.value)
