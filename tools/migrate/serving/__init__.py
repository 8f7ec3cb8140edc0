"""The apps of a repository: what each of them is, and how it is started."""
