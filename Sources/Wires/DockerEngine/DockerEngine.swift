// DockerEngine: see ARCHITECTURE.md.
