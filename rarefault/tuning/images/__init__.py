"""Do generated images help? Training sets with and without them, repeated, compared on inner folds, and selected."""
