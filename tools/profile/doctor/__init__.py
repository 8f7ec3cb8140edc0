"""What is likely wrong with an app on a small host, in order, each with what it costs and a remedy."""
