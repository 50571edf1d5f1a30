"""A key is found on the line where it stands, however the file is written."""

from __future__ import annotations

import tomllib

import pytest

from harness.configuration.toml_lines import Path, dotted, line_in, lines_of

TEXT = '''\
# A comment, then [no.table]
top = 1
"quoted key" = "a # is no comment"

[edge.login]
user = "x"   # and neither is this: [central]
deep.er = { inline = true, list = [1, 2] }

[[edge.clusters]]
slot = "one"
hosts = [
    { uid = "a", url = "u" },  # the first
    # the second

    { uid = "b", url = "]" },
    { uid = "c", url = "w" } ]

[[edge.clusters]]
slot = """
many
lines"""
[[edge.clusters.hosts]]
uid = "d"
[[edge.clusters.hosts]]
uid = "e"

[central]
url = \'\'\'
[not.a.table]
x = 1\'\'\'
after = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("edge",), 5),
        (("edge", "login"), 5),
        (("edge", "login", "user"), 6),
        (("edge", "login", "deep", "er", "inline"), 7),
        (("edge", "login", "deep", "er", "list", 1), 7),
        (("edge", "clusters"), 9),
        (("edge", "clusters", 0), 9),
        (("edge", "clusters", 0, "slot"), 10),
        (("edge", "clusters", 0, "hosts"), 11),
        (("edge", "clusters", 0, "hosts", 0, "url"), 12),
        (("edge", "clusters", 0, "hosts", 2), 16),
        (("edge", "clusters", 1, "slot"), 19),
        (("edge", "clusters", 1, "hosts", 0, "uid"), 23),
        (("edge", "clusters", 1, "hosts", 1, "uid"), 25),
        (("central", "url"), 28),
        (("central", "after"), 31),
    ],
)
def test_a_key_is_found_where_it_stands(path: Path, line: int) -> None:
    assert line_in(lines_of(TEXT), path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("central", "missing"), 27),
        (("edge", "clusters", 1, "hosts", 0, "url"), 22),
        (("nowhere", "at", "all"), 1),
    ],
)
def test_what_is_missing_is_told_where_it_would_stand(path: Path, line: int) -> None:
    assert line_in(lines_of(TEXT), path) == line


def test_windows_line_ends_count_once() -> None:
    text = TEXT.replace("\n", "\r\n")
    tomllib.loads(text)
    assert line_in(lines_of(text), ("central", "after")) == 31


def test_a_path_is_written_as_people_write_it() -> None:
    assert dotted(("edge", "clusters", 0, "hosts", 1, "url")) == "edge.clusters[0].hosts[1].url"
