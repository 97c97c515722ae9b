"""Has the line changed since the champion was trained? Drift of the rows, loss of performance, and what to do."""
