"""Commands that are named by what is wrong with them, and arrangements to give them."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.domain.arrangements import PutToken
from harness.domain.token import RegistrationToken
from harness.targets.arranging.commands import Command

TOKEN = PutToken(RegistrationToken("t-1", "token-1", "canary-token-value", "p-1", 99))

HANGS = "import time; time.sleep(60)"
IGNORES_TERM = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
FLOODS = "while True: print('x' * 4096)"
FLOODS_ERRORS = "import sys\nwhile True: sys.stderr.write('x' * 4096)"
EXITS_3 = "import sys; sys.exit('no such thing here') if 0 else sys.exit(3)"
EXITS_7 = "import sys; print('broken', file=sys.stderr); sys.exit(7)"
READS_NOTHING = "import os; os.close(0)"
PRINTS_NO_JSON = "print('done')"
PRINTS_HALF_JSON = "print('{\"uid\": ')"
PRINTS_ANOTHER_UID = 'print(\'{"uid": "own-uid"}\')'
PRINTS_ANOTHER_VALUE = 'print(\'{"token": {"value": "own-value"}}\')'
LIES = "print('{\"active\": false}')"
PRINTS_STRANGE_FIELD = 'print(\'{"colour": "blue"}\')'
ECHOES = "import sys; sys.stdout.write(sys.stdin.read())"
SHOWS_ARGUMENTS = "import json, sys; print(json.dumps(sys.argv[1:]), file=sys.stderr); sys.exit(9)"
SHOWS_ENVIRONMENT = "import os, sys; print(sorted(os.environ), file=sys.stderr); sys.exit(9)"
TELLS_SECRETS = "import sys; print(sys.stdin.read(), file=sys.stderr); sys.exit(9)"
LEAVES_A_CHILD = (
    "import subprocess, sys\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])"
)


def python(code: str, *arguments: str, folder: Path = Path("/"), **more: object) -> Command:
    """A command that runs this program."""
    code = code.replace("{", "{{").replace("}", "}}")
    return Command((sys.executable, "-c", code, *arguments), folder, **more)  # type: ignore[arg-type]
