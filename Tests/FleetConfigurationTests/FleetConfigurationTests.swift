// FleetConfiguration: see ARCHITECTURE.md.
