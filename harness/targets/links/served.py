"""`python -m harness.targets.links.served FD`: a proxy that does what it is told over a socket."""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection

from harness.domain.errors import PairproofError
from harness.targets.links.process import CALLS, ProxySpec


def main(number: int) -> None:
    """Start the proxy that is described first, then answer calls until nobody is there."""
    with Connection(number) as connection:
        try:
            spec = connection.recv()
            assert isinstance(spec, ProxySpec)
            _serve(connection, spec)
        except (EOFError, OSError):
            return  # whoever started it has gone


def _serve(connection: Connection, spec: ProxySpec) -> None:
    try:
        proxy = spec.start()
    except PairproofError as error:
        connection.send((False, str(error)))
        return
    with proxy:
        connection.send((True, (proxy.host, proxy.port)))
        while True:
            name, arguments = connection.recv()
            assert name in CALLS
            try:
                connection.send((True, getattr(proxy, name)(*arguments)))
            except PairproofError as error:
                connection.send((False, str(error)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
