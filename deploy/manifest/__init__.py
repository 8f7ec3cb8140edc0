"""The file that says what is installed: read with what it includes, and edited where asked to."""
