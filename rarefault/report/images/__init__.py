"""Figures of images for the report, and the page on which people tell real images from generated ones."""
