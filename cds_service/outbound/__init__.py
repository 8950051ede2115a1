"""Calls to other servers: in parallel, within a deadline, to checked addresses only, and never more than is wanted."""
