"""Who calls, as far as it matters to the answer."""

from typing import Literal, NamedTuple, TypeAlias

from cds_service.languages import Language
from cds_service.trust.servers import ServerBase

Profile: TypeAlias = Literal["generic", "epic", "oracle", "sandbox"]


class Caller(NamedTuple):
    """`name` is the client's in CLIENTS_CONFIG, empty in open mode. `servers` are those that its requests may name,
    `fhir_version` the release that they speak where the configuration says so (`R4`), else empty; `language` is that of
    its cards, None for the site's.
    """

    name: str = ""
    profile: Profile = "generic"
    servers: tuple[ServerBase, ...] = ()
    fhir_version: str = ""
    language: Language | None = None

    @property
    def may_use_token(self) -> bool:
        """The public sandbox's key is everybody's: nothing but open data is read for whoever holds it."""
        return self.profile != "sandbox"
