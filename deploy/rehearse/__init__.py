"""Playing on this machine what a host does with a repository: build, start, check, ask, stop."""
