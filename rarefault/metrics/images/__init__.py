"""How good generated images are: distances, diversity, copies, and how well images are classified."""
