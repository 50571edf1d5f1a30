"""Cucumber messages as Cucumber's own packages take them: by its schema, and in its viewer."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.reporting.files import MESSAGES, write_messages
from tests.unit.reporting.sample import write_sample

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

PACKAGES = ("@cucumber/messages@34.2.1", "@cucumber/html-formatter@24.2.0")
RENDER = """
import { CucumberHtmlStream } from '@cucumber/html-formatter';
import { createWriteStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
const messages = readFileSync('messages.ndjson', 'utf8').trim().split('\\n').map(JSON.parse);
await pipeline(Readable.from(messages), new CucumberHtmlStream(), createWriteStream('page.html'));
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cucumber's packages, and the messages of a run in which a bit of everything happens."""
    made = tmp_path_factory.mktemp("messages")
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("there is no Node on the path")
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    done = subprocess.run(install, cwd=made, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the packages of Cucumber cannot be had: {done.stderr.strip()[-200:]}")
    write_sample(made / "evidence.jsonl")
    write_messages(made, made)
    return made


@pytest.mark.slow
def test_every_message_is_valid_by_the_published_schema(folder: Path) -> None:
    published = folder / "node_modules" / "@cucumber" / "messages" / "messages.schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(published.read_text("utf-8")))
    lines = (folder / MESSAGES).read_bytes().splitlines()
    invalid = [error.message for line in lines for error in validator.iter_errors(json.loads(line))]
    assert invalid == []
    assert list(validator.iter_errors({"pickle": {}})) != []


@pytest.mark.slow
def test_its_viewer_shows_each_status_why_and_what_was_exchanged(
    folder: Path, browser: sync_api.Browser
) -> None:
    (folder / "render.mjs").write_text(RENDER)
    subprocess.run(["node", "render.mjs"], cwd=folder, check=True)
    page = browser.new_page()
    page.goto((folder / "page.html").as_uri())
    sync_api.expect(page.get_by_text("PENDING").first).to_be_visible()
    shown = page.locator("body").inner_text().lower()
    for status in ("passed 57", "skipped 15", "pending 1", "failed 3"):
        assert status in " ".join(shown.split())
    assert "the target's link cannot be cut: links = none" in shown
    assert "local ui still shows request 6f0c1d9a… as pending" in shown
    attached = page.get_by_text("exchange 4, Cancel pairing request")
    attached.first.click()
    sync_api.expect(page.get_by_text("cannot reach Palette, try again later").first).to_be_visible()
    page.close()
