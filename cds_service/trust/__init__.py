"""Who may call, and which of the servers that a request names may be read."""
