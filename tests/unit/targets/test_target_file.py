"""A target file says what it means, or one message says where and why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Feature, Role
from harness.domain.arrangements import Side, Slot
from harness.domain.operations import (
    AddApiKey,
    CancelPairingRequest,
    Credentials,
    LogInToPalette,
    MatchProfiles,
    UpdateStack,
    ViewPairingRequest,
)
from harness.domain.permission import Grant, PairPermission
from harness.loopback import is_loopback
from harness.targets.port import NotOffered, Sizes
from harness.targets.reading import TargetFileError
from harness.targets.target import Target
from harness.targets.target_file import load_target, read_target
from tests.unit.configuration.placed import placed

TEXT = """\
schema = "pairproof/target/1"
roles = ["edge"]
features = ["multi-node"]

[implementation]
name = "Acme Edge"
version = "2.1"

[edge.login]
username_env = "ACME_USER"
password_env = "ACME_PASSWORD"

[[edge.clusters]]
slot = "lab"
hosts = [
    { uid = "h1", url = "https://edge-1.acme.example:5080/" },
    { uid = "h2", url = "https://edge-2.acme.example:5080" },
]

[central]
url = "https://palette.acme.example"
endpoint = "palette.acme.example"

[central.endpoint_forms]
untrusted = "https://wild.acme.example"

[control]
url = "http://127.0.0.1:9000"
secret_env = "ACME_CONTROL"

[limits]
await_s = 20

[timeouts]
check_s = 1.5

[rate_limit]
waits = 0
"""
EXAMPLES = Path(__file__).parents[3] / "examples" / "targets"
VARIABLES = {"ACME_USER": "kim", "ACME_PASSWORD": "canary-pw", "ACME_CONTROL": "canary-control"}


def read(text: str = TEXT, variables: dict[str, str] = VARIABLES) -> Target:
    return read_target(text, "acme.toml", Path(), variables)


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def refused(text: str, variables: dict[str, str] = VARIABLES) -> TargetFileError:
    with pytest.raises(TargetFileError) as caught:
        read(text, variables)
    for secret in VARIABLES.values():
        assert secret == "kim" or secret not in str(caught.value)
    return caught.value


def test_everything_that_it_says_is_there() -> None:
    target = read()
    assert target.info.name == "Acme Edge"
    assert target.info.version == "2.1"
    assert target.info.roles == {Role.EDGE}
    assert target.info.features == {Feature.MULTI_NODE}
    assert (target.local_user.username, target.local_user.password) == ("kim", "canary-pw")
    assert target.slots() == (Slot("lab", ("h1", "h2")),)
    assert target.hosts()[0].url == "https://edge-1.acme.example:5080"
    assert target.central_url == "https://palette.acme.example"
    assert target.endpoint == "palette.acme.example"
    assert target.endpoint_forms == {"untrusted": "https://wild.acme.example"}
    assert target.controls.keys() == set(Side)
    assert target.limits == Limits(await_s=20.0)
    assert target.timeouts.check_s == 1.5
    assert target.rate_limit.waits == 0
    assert not target.allow_writes


def test_secrets_do_not_show(tmp_path: Path) -> None:
    assert "canary" not in repr(read())


def test_the_endpoint_is_the_address_of_palette_unless_it_is_given() -> None:
    text = changed('endpoint = "palette.acme.example"\n', "")
    assert read(text).endpoint == "https://palette.acme.example"
    slash = read(text.replace('palette.acme.example"', 'palette.acme.example/"'))
    assert slash.endpoint == "https://palette.acme.example/"
    assert slash.central_url == "https://palette.acme.example"


def test_a_change_of_the_profiles_is_asked_for_only_where_it_is_claimed() -> None:
    assert UpdateStack in read().info.not_offered
    claimed = changed("[central]\n", "[offers]\nUpdateStack = true\n[central]\n")
    assert UpdateStack not in read(claimed).info.not_offered


def test_it_may_add_words_by_which_its_errors_tell_a_trouble() -> None:
    words = '[words]\nregistration-token = ["Registrierungsschlüssel"]\n[central]\n'
    target = read(changed("[central]\n", words))
    assert target.info.words == {"registration-token": ("Registrierungsschlüssel",)}
    wrong = refused(changed("[central]\n", words.replace("registration-token", "refused")))
    assert "words.refused" in str(wrong)


def test_it_may_say_how_much_the_target_bears_at_once() -> None:
    assert read().info.sizes == Sizes()
    sizes = "[sizes]\nrequests = 1001\ntokens = 3\n[central]\n"
    assert read(changed("[central]\n", sizes)).info.sizes == Sizes(requests=1_001, tokens=3)
    wrong = refused(changed("[central]\n", sizes.replace("= 3", "= 2")))
    assert "sizes.tokens" in str(wrong)


def test_each_side_may_have_a_control_port_of_its_own() -> None:
    assert read(changed("[control]", "[central.control]")).controls.keys() == {Side.CENTRAL}


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "told"),
    [
        ("target/1", "target/2", 1, "schema", '"pairproof/target/2" stands there'),
        ('schema = "pairproof/target/1"\n', "", 1, "schema", "it is missing"),
        ('["edge"]', '["edg"]', 2, "roles[0]", "did you mean edge?"),
        ('["edge"]', "[]", 2, "roles", "the list is empty"),
        ('["edge"]', '["edge", "edge"]', 2, "roles", "edge stands there twice"),
        ('["multi-node"]', '["pagse"]', 3, "features[0]", "did you mean pages?"),
        ("version =", "vresion =", 7, "implementation.vresion", "did you mean version?"),
        ('name = "Acme Edge"', 'name = " "', 6, "implementation.name", "not blank"),
        ("[edge.login]", "[edge.logins]", 9, "edge.logins", "did you mean login?"),
        ('username_env = "ACME_USER"\n', "", 9, "edge.login.username_env", "it is missing"),
        ('slot = "lab"', "slot = 7", 14, "edge.clusters[0].slot", "7 is no text"),
        ('uid = "h2"', 'uid = "h1"', 17, "edge.clusters[0].hosts[1].uid", "already"),
        ("edge-2", "edge-1", 17, "edge.clusters[0].hosts[1].url", "already"),
        ("https://edge-2", "htps://edge-2", 17, "edge.clusters[0].hosts[1].url", "https://"),
        (":5080/", ":99999", 16, "edge.clusters[0].hosts[0].url", "host or port is none"),
        ("https://palette", "https://me:pw@palette", 21, "central.url", "something else"),
        ("untrusted =", "untrustd =", 25, "central.endpoint_forms.untrustd", "untrusted"),
        ("await_s = 20", "await_s = 61", 32, "limits.await_s", "at most 60"),
        ("await_s = 20", "await_s = true", 32, "limits.await_s", "true is no number"),
        ("await_s = 20", "await_s = nan", 32, "limits.await_s", "at most 60"),
        ("waits = 0", "waits = -1", 38, "rate_limit.waits", "from 0 to 20"),
        ("waits = 0", "waits = 1.5", 38, "rate_limit.waits", "whole number"),
        ("[limits]", "[limit]", 31, "limit", "did you mean limits?"),
        ("[control]", "[[control]]", 27, "control", "a table"),
        ("[central]\n", "[central]\ncontrol = 1\n", 21, "central.control", "a table"),
        ('"ACME_USER"', '"acme user"', 10, "edge.login.username_env", "in capitals"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(
    old: str, new: str, line: int, key: str, told: str
) -> None:
    error = refused(changed(old, new))
    assert placed(error) == [(line, key)]
    assert str(error).startswith(f"acme.toml:{line}: {key}: ")
    assert told in str(error)
    (mistake,) = error.mistakes
    assert all((mistake.found, mistake.remedy))


def test_a_refusal_without_a_code_contradicts_nothing_where_something_else_is_wrong() -> None:
    table = '\n[paths.ViewPairing]\ncodes = { "" = "NoPairingRequest" }\n'
    error = refused(changed("await_s = 20", "await_s = 61") + table)
    assert placed(error) == [(32, "limits.await_s")]


def test_all_that_is_wrong_with_its_keys_is_told_at_once() -> None:
    text = changed('["edge"]', '["edg"]').replace("slot =", "solt =").replace("waits = 0", "")
    error = refused(text.replace("check_s = 1.5", "check_s = 0").replace('name = "Acme Edge"', ""))
    assert placed(error) == [
        (2, "roles[0]"), (5, "implementation.name"), (14, "edge.clusters[0].solt"),
        (35, "timeouts.check_s"),
    ]  # fmt: skip
    assert str(error).count("\nacme.toml:") == 3


def test_all_that_makes_no_sense_is_told_at_once() -> None:
    text = changed('uid = "h2"', 'uid = "h1"').replace("edge-2", "edge-1")
    text += '[tls]\nca_file = "no.pem"\n[peer]\nbind = "0.0.0.0"\n[headers]\nApiKey = "a b"\n'
    assert placed(refused(text, {"ACME_CONTROL": "canary-control"})) == [
        (10, "edge.login.username_env"), (11, "edge.login.password_env"),
        (17, "edge.clusters[0].hosts[1].uid"), (17, "edge.clusters[0].hosts[1].url"),
        (40, "tls.ca_file"), (41, "peer"), (44, "headers.ApiKey"),
    ]  # fmt: skip


def test_a_control_port_for_both_and_one_for_a_side_contradict_each_other() -> None:
    own = '[edge.control]\nurl = "http://127.0.0.1:1"\nsecret_env = "ACME_CONTROL"\n\n[control]'
    assert [key for _, key in placed(refused(changed("[control]", own)))] == ["edge.control"]


def test_a_login_by_basic_begins_no_session() -> None:
    basic = '[paths.LogIn]\nfilled = { "Token.Authorization" = "Basic {basic}" }\n'
    in_calls = basic.replace("[paths.LogIn]", '[[paths.LogIn.calls]]\nname = "a"\npath = "/a"')
    assert read().info.has_sessions
    assert not read(TEXT + basic).info.has_sessions
    assert not read(TEXT + in_calls).info.has_sessions


def test_a_match_that_nobody_can_ask_for_is_not_offered() -> None:
    offers = 'features = ["multi-node"]\noffers = { MatchProfiles = false }'
    told = read(changed('features = ["multi-node"]', offers))
    assert told.info.not_offered.keys() - read().info.not_offered.keys() == {MatchProfiles}


def test_any_operation_may_be_missing_and_says_why() -> None:
    told = read(TEXT + '[paths.CancelPairingRequest]\nnot_offered = "it is done on the console"\n')
    assert told.info.not_offered[CancelPairingRequest] == "it is done on the console"
    with pytest.raises(NotOffered, match="offer CancelPairingRequest: it is done on the console"):
        told.info.must_offer(CancelPairingRequest)


def test_an_operation_that_is_offered_and_is_not_is_a_contradiction() -> None:
    offers = changed("[central]\n", "[offers]\nUpdateStack = true\n[central]\n")
    error = refused(offers + '[paths.UpdateStack]\nnot_offered = "it takes archives"\n')
    assert [key for _, key in placed(error)] == ["paths.UpdateStack.not_offered"]


def test_what_the_edge_hosts_ask_that_the_harness_plays_is_there() -> None:
    text = (EXAMPLES / "central-only.toml").read_text("utf-8")
    known = {"ACME_ADMIN_KEY": "k" * 9, "ACME_ADMIN_1": "l" * 9, "ACME_READER": "m" * 9}
    with pytest.raises(TargetFileError) as caught:
        read_target(
            text + '\n[paths.ConfirmPairing]\nnot_offered = "no such thing"\n',
            "a",
            EXAMPLES,
            VARIABLES | known,
        )
    assert [key for _, key in placed(caught.value)] == ["paths.ConfirmPairing.not_offered"]


def test_permissions_are_told_as_the_product_has_them() -> None:
    own = '[permissions]\nget = "read"\nlist = "read"\nupdate = ["decide", "write"]\n'
    person = (
        '[given]\nprojects = ["p"]\n[[given.people]]\nlabel = "a"\napi_key_env = "ACME_CONTROL"\n'
        'permissions = ["get", "update"]\n'
    )
    names = read(TEXT + own).info.permissions
    assert names is not None
    assert names.of[PairPermission.UPDATE] == {"decide", "write"}
    assert names.of[PairPermission.DELETE] == {"clusterPair.delete"}
    assert read().info.permissions is None
    (alone,) = read(TEXT + person).arranging.given.people
    (with_names,) = read(TEXT + own + person).arranging.given.people
    assert with_names.grants - alone.grants == {Grant(PairPermission.LIST, "p")}
    assert [k for _, k in placed(refused(TEXT + '[permissions]\nread = "x"\n'))] == [
        "permissions.read"
    ]


def test_without_api_keys_people_are_known_by_their_logins() -> None:
    without = '[headers]\nApiKey = ""\n'
    admin = '[central.admin]\nemail = "a@example.com"\npassword_env = "ACME_CONTROL"\n'
    found = read(TEXT + without + admin)
    assert not found.info.has_api_keys
    assert not found.info.offers(AddApiKey)
    ((key, login),) = found.arranging.logins.items()
    assert found.arranging.admin == Credentials(api_key=key)
    assert login == LogInToPalette("a@example.com", VARIABLES["ACME_CONTROL"])
    assert (login.password, "password") in found.secrets()
    nothing = '[central.admin]\nemail = "a@example.com"\n'
    key = '[central.admin]\napi_key_env = "ACME_CONTROL"\n'
    person = '[[given.people]]\nlabel = "a"\napi_key_env = "ACME_CONTROL"\n'
    for wrong, where in (
        (without + nothing, "central.admin"),
        (without + key, "central.admin"),
        (without + person, "given.people[0]"),
        (admin, "central.admin"),  # a login is no key, and must not go out as one
    ):
        assert [k for _, k in placed(refused(TEXT + wrong))] == [where]
    unset = admin.replace("ACME_CONTROL", "ACME_NOTHING")
    assert [k for _, k in placed(refused(TEXT + without + unset))] == ["central.admin.password_env"]
    no_login = '[paths.LogInToPalette]\nnot_offered = "there is none"\n'
    assert [k for _, k in placed(refused(TEXT + without + no_login))] == ["headers.ApiKey"]


def test_an_operation_may_be_asked_elsewhere() -> None:
    moved = '[paths.ViewPairingRequest]\nmethod = "POST"\npath = "/api/requests/{pairingUid}"\n'
    route = read(TEXT + moved).wire.routes[ViewPairingRequest]
    assert (route.method, route.path) == ("POST", "/api/requests/{pairingUid}")


def test_a_path_with_a_parameter_that_the_operation_does_not_have_is_refused() -> None:
    error = refused(TEXT + '[paths.ListTokens]\npath = "/tokens/{uid}"\n')
    assert placed(error) == [(40, "paths.ListTokens.path")]
    assert "{uid}" in str(error)


def test_several_nodes_need_a_place_with_several_hosts() -> None:
    error = refused(changed('    { uid = "h2", url = "https://edge-2.acme.example:5080" },\n', ""))
    assert placed(error) == [(3, "features")]


def test_what_is_no_toml_is_told_with_its_line() -> None:
    error = refused(changed('slot = "lab"', 'slot = "lab'))
    assert [line for line, _ in placed(error)] == [14]
    assert "not TOML" in str(error)


def test_a_credential_in_the_file_is_refused_and_not_repeated() -> None:
    error = refused(changed('password_env = "ACME_PASSWORD"', 'password = "canary-pw"'))
    assert placed(error) == [(11, "edge.login.password")]
    assert "name a variable with password_env" in str(error)


def test_a_credential_where_its_variable_belongs_is_not_repeated() -> None:
    error = refused(changed('"ACME_PASSWORD"', '"canary-pw"'))
    assert [key for _, key in placed(error)] == ["edge.login.password_env"]


@pytest.mark.parametrize(
    ("variables", "told"), [({}, "not set"), ({"ACME_PASSWORD": ""}, "is empty")]
)
def test_a_variable_without_a_value_is_named(variables: dict[str, str], told: str) -> None:
    rest = {name: value for name, value in VARIABLES.items() if name != "ACME_PASSWORD"}
    error = refused(TEXT, {**rest, **variables})
    assert placed(error) == [(11, "edge.login.password_env")]
    assert re.search(f"ACME_PASSWORD .*{told}.*export ACME_PASSWORD=", str(error))


# --- files ------------------------------------------------------------------------------------


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "acme.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_credentials_come_from_the_file_beside_it(file_of: Callable[[str], Path]) -> None:
    path = file_of(TEXT)
    beside = path.with_suffix(".env")
    beside.write_text("".join(f"{k}={v}\n" for k, v in VARIABLES.items()), "utf-8")
    beside.chmod(0o600)
    assert load_target(path, {}).local_user.password == "canary-pw"
    assert load_target(path, {"ACME_PASSWORD": "newer"}).local_user.password == "newer"


def test_trusted_certificates_are_found_beside_the_file(
    file_of: Callable[[str], Path], tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    target = load_target(file_of(TEXT + '[tls]\nca_file = "ca.pem"\n'), VARIABLES)
    assert target.trust.ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "no such file"), ("no certificate", "holds no certificate")],
)
def test_certificates_that_cannot_be_used_are_told(
    file_of: Callable[[str], Path], tmp_path: Path, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content, "utf-8")
    with pytest.raises(TargetFileError, match=told) as caught:
        load_target(file_of(TEXT + '[tls]\nca_file = "ca.pem"\n'), VARIABLES)
    assert placed(caught.value) == [(40, "tls.ca_file")]


def test_to_trust_some_and_to_trust_any_contradict_each_other() -> None:
    error = refused(TEXT + '[tls]\nca_file = "ca.pem"\ninsecure = true\n')
    assert placed(error) == [(40, "tls.ca_file"), (41, "tls.insecure")]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = "there is no such file.*target init"
    with pytest.raises(TargetFileError, match=told) as caught:
        load_target(tmp_path / "no.toml", {})
    assert [line for line, _ in placed(caught.value)] == [0]


def test_a_folder_is_no_target_file(tmp_path: Path) -> None:
    with pytest.raises(TargetFileError, match="cannot be read"):
        load_target(tmp_path, {})


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(TargetFileError, match="no text in UTF-8"):
        load_target(path, {})


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("https://localhost:1", True),
        ("http://127.0.0.2", True),
        ("http://[::1]:80", True),
        ("https://localhost.example", False),
        ("https://127.example.com", False),
    ],
)
def test_what_is_on_this_machine(url: str, local: bool) -> None:
    assert is_loopback(url) is local
