// FleetSimulator: see ARCHITECTURE.md.
