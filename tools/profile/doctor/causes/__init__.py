"""One module for each cause: its docstring is its documentation, `find` looks for it."""
