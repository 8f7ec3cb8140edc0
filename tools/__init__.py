"""What you run on your own machine. A package on purpose: without it, `tools/profile` would hide the standard library's `profile`."""
