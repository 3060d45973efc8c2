"""The image, and what runs in it besides the services."""
