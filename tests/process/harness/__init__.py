"""What the process tests are written in: an instance, its clients, the wire."""
