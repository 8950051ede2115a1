"""What a call's trust hangs on and cannot be asked just now."""


class ReplaysUnavailable(Exception):  # noqa: N818 – it is a state, and the caller is told to come back
    """Whether a token was seen before cannot be told, so nobody can be let in (503)."""
