"""The desk: everything between a seeker's request and a human's answer, apart from any platform."""
