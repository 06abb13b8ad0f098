// FleetModel: see ARCHITECTURE.md.
