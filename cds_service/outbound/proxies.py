"""Calls through OUTBOUND_PROXY, with the user and password that its address may hold."""

from typing import Any
from urllib.parse import unquote, urlsplit

from urllib3 import ProxyManager, make_headers


def through(address: str, **options: Any) -> ProxyManager:
    parts = urlsplit(address)
    said = {}
    if parts.username is not None:
        said = make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")
    host = parts.netloc.rpartition("@")[2]
    return ProxyManager(f"{parts.scheme}://{host}", proxy_headers=said, **options)
