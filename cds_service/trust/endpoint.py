"""The spellings under which an endpoint may be called: clients glue addresses together, and sign what they called."""

import re

_DOUBLED = re.compile(r"(?<!:)/{2,}")


def as_endpoint(url: str) -> str:
    """With doubled slashes undone, and discovery's trailing one."""
    single = _DOUBLED.sub("/", url)
    return single[:-1] if single.endswith("/cds-services/") else single
