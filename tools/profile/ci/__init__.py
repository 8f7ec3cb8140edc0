"""The gate in continuous integration: a workflow for GitHub Actions."""
