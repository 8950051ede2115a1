"""SITE_CONFIG: how a site tunes the deck. The file is read and checked against the deck, then applied to it."""
