"""The way `link` of arranging: cuts links and spoils messages over what `[links]` names."""

from __future__ import annotations

from harness.domain.arrangements import Arrangement, InstallCluster, RenewCluster
from harness.targets.links.crowd import Crowd
from harness.targets.links.endpoint import OVER_LINKS
from harness.targets.links.errors import LinkError
from harness.targets.links.switch import Switch, as_failure
from harness.targets.port import CannotArrange

NOT_AT_ALL = (
    'nobody cuts links: add [links] with way = "proxy", "toxiproxy", "commands" or "person"'
    " (see docs/links.md)"
)


class LinkArranger:
    """Arranges what happens to links (PRE-5, WDR-3 to WDR-5), if there is a switch for it."""

    name = "link"

    def __init__(self, switch: Switch | None, crowd: Crowd) -> None:
        self._switch = switch
        self._crowd = crowd

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why nothing of this kind can be arranged, and what it would take; empty if it can."""
        if kind not in OVER_LINKS:
            return "it is no matter of links"
        return self._switch.cannot(kind) if self._switch else NOT_AT_ALL

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it; returns the same.

        Raises:
            CannotArrange: it cannot be; the host cannot be told from others, or nobody can.
            ArrangingFailed: it was tried and went wrong, or the proxy is gone.
        """
        why = self.cannot(type(arrangement))
        if why or self._switch is None:
            raise CannotArrange(type(arrangement).__name__, why or NOT_AT_ALL)
        try:
            self._switch.arrange(arrangement)
        except LinkError as error:
            raise as_failure(arrangement, error) from error
        return arrangement

    def noticed(self, arrangement: Arrangement) -> None:
        """Told of everything that is arranged, by whatever way: a cluster that is put up begins
        with links that are whole.

        Raises:
            ArrangingFailed: they could not be mended.
            CannotArrange: the cluster would be cut off with another one.
        """
        if self._switch is None:
            return
        why = self._crowd.cannot_join(arrangement, self._switch.down())
        if why:
            raise CannotArrange(type(arrangement).__name__, why)
        if isinstance(arrangement, InstallCluster | RenewCluster):
            try:
                self._switch.mend(self._crowd.hosts_of(arrangement.slot))
            except LinkError as error:
                raise as_failure(arrangement, error) from error
        self._crowd.noticed(arrangement)

    def heal(self) -> None:
        """Mend every link.

        Raises:
            ArrangingFailed: some could not be; says which.
            LinkError: the proxy is gone.
        """
        if self._switch is not None:
            self._switch.mend_all()
