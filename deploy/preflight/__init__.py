"""What can be known to go wrong before anything is written: a module for each check."""
