"""Pictures and their files: read strip by strip, written whole, nothing of the original lost."""
