"""What a target file may say of links, and what it is told where it may not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trustme

from harness.targets.links.faults import CutForm
from harness.targets.links.reading import Links, LinkWay, Tls, Use
from harness.targets.reading import TargetFileError
from harness.targets.target_file import read_target

HEAD = """
schema = "pairproof/target/1"
roles = ["edge", "central"]
[implementation]
name = "x"
[edge.login]
username_env = "U"
password_env = "P"
[[edge.clusters]]
slot = "a"
hosts = [{ uid = "e1", url = "http://127.0.0.1:1" }, { uid = "e2", url = "http://127.0.0.1:2" }]
[central]
url = "https://palette.test"
"""
ENVIRONMENT = {"U": "u", "P": "p", "PATH": "/usr/bin:/bin"}


def links_of(text: str, folder: Path = Path()) -> Links:
    return read_target(f"{HEAD}{text}", "t.toml", folder, ENVIRONMENT).links


def problem(text: str, folder: Path = Path()) -> str:
    with pytest.raises(TargetFileError) as caught:
        links_of(text, folder)
    return str(caught.value)


def certificate(folder: Path) -> str:
    made = trustme.CA().issue_cert("proxy.test")
    made.private_key_and_cert_chain_pem.write_to_path(folder / "proxy.pem")
    return "proxy.pem"


def test_without_a_table_nobody_cuts_links() -> None:
    assert links_of("") == Links()
    assert not links_of("").is_proxied


def test_a_proxy_with_everything(tmp_path: Path) -> None:
    links = links_of(
        f"""
[links]
way = "proxy"
listen = "[::]:7443"
host = "proxy.test"
tls = "end"
cert_file = "{certificate(tmp_path)}"
cut = "silent"
use = "always"
[links.sources]
e1 = "10.0.0.1"
e2 = "::ffff:10.0.0.2"
""",
        tmp_path,
    )
    assert links == Links(
        way=LinkWay.PROXY,
        listen=("::", 7443),
        host="proxy.test",
        tls=Tls.END,
        cert_file=tmp_path / "proxy.pem",
        cut=CutForm.SILENT,
        use=Use.ALWAYS,
        sources={"e1": "10.0.0.1", "e2": "10.0.0.2"},
    )


def test_an_existing_toxiproxy_and_commands() -> None:
    links = links_of('[links]\nway = "toxiproxy"\n[links.toxiproxy]\nurl = "http://toxi:8474/"\n')
    assert (links.toxiproxy_url, links.toxiproxy_name) == ("http://toxi:8474", "pairproof")
    links = links_of(
        """
[links]
way = "commands"
[links.commands.down]
command = ["true", "{host_uid}"]
[links.commands.up]
command = ["true", "up"]
timeout_s = 3
"""
    )
    assert links.commands is not None
    assert links.commands.down.words[1:] == ("{host_uid}",)
    assert links.commands.up.timeout_s == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('way = "rope"', r"links.way: .*one of proxy, toxiproxy"),
        ("", r"links.way: it is missing"),
        ('way = "proxy"\nlisten = "7443"', r"links.listen: .*such as 0.0.0.0:7443"),
        ('way = "proxy"\nlisten = "h:99999"', r"links.listen: .*a port from 0 to 65535"),
        ('way = "proxy"\nhost = "a:1"', r"links.host: .*without a port"),
        ('way = "proxy"\ntls = "end"', r"links.tls: .*without a certificate; .*add cert_file"),
        ('way = "proxy"\ncert_file = "x.pem"', r"links.cert_file: .*passes through"),
        ('way = "proxy"\nkey_file = "x.pem"', r"links.key_file: .*passes through"),
        ('way = "proxy"\ntls = "end"\ncert_file = "x.pem"', r"links.cert_file: .*no such file"),
        ('way = "person"\ntls = "end"\ncert_file = "x.pem"', r'links.tls: .*write way = "proxy"'),
        ('way = "toxiproxy"', r"links.way: .*without \[links.toxiproxy\]"),
        ('way = "toxiproxy"\n[links.toxiproxy]\nname = "x"', r"links.toxiproxy.url: it is missing"),
        ('way = "commands"', r"links.way: .*without \[links.commands\]"),
        ('way = "proxy"\n[links.sources]\ne3 = "10.0.0.1"', r"no host 'e3'; .*there are e1, e2"),
        ('way = "proxy"\n[links.sources]\ne1 = "10.0.1"\ne2 = "::1"', r"sources.e1: .*IP address"),
        ('way = "proxy"\n[links.sources]\ne1 = "10.0.0.1"', r"host e2 has no address there"),
        ('way = "proxy"\n[links.sources]\n', r"links.sources: "),
        (
            'way = "toxiproxy"\n[links.toxiproxy]\nurl = "http://t"\n'
            '[links.sources]\ne1 = "::1"\ne2 = "::2"',
            r"does not tell its clients apart",
        ),
        (
            'way = "commands"\n[links.commands.down]\ncommand = ["true", "{slot}"]\n'
            '[links.commands.up]\ncommand = ["true"]',
            r"links.commands.down.command: the placeholder \{slot\}",
        ),
        (
            'way = "commands"\n[links.commands.down]\ncommand = ["true"]',
            r"links.commands.up: it is missing",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(text: str, told: str) -> None:
    message = problem(f"[links]\n{text}\n")
    assert re.search(told, message, re.DOTALL), message
    assert re.match(r"t\.toml:\d+: links", message), message


def test_a_file_without_a_key_cannot_end_tls(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing", "utf-8")
    told = problem('[links]\nway = "proxy"\ntls = "end"\ncert_file = "x.pem"', tmp_path)
    assert "it holds no certificate with its key" in told
