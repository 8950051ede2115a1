"""Logs. Law of this room: never patient data, never a request's body, never an exception's message (it may quote the
record).
"""
