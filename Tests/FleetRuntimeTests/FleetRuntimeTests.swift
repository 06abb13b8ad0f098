// FleetRuntime: see ARCHITECTURE.md.
