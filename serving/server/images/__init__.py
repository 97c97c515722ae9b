"""Models of images: what they are asked, how they answer, and what is seen of it."""
