"""What the deployment tests are written in: an engine, images, a stack of containers."""
