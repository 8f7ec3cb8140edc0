"""What a conversion did, as JSON and as a page for a pull request."""
