"""What a repository says about itself: one module for each kind of value."""
