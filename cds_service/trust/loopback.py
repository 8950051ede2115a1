"""This machine itself: the one place to which plain HTTP cannot be listened in on."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
