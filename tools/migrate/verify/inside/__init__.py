"""Scripts that run inside the app's own environment, with nothing of ours on the path."""
