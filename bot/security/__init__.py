"""Sealing, keys, pseudonyms, button tokens and redaction. Knows nothing of Amparo."""
