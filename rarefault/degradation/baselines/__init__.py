"""Health indicators to compare the VAE with: those of the paper, and two modern rivals."""
