"""What is told of a run: JSON, one HTML file, Markdown, and the lines on the terminal."""
