"""The CDS Hooks JSON: requests, answers, discovery, feedback. FHIR stays opaque here: it passes through as raw bytes or
plain dicts.
"""
