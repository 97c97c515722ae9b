"""Models of vibration: what they are asked, how they answer, and what is remembered and seen of each machine."""
