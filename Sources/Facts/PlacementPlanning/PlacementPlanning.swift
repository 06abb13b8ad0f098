// PlacementPlanning: see ARCHITECTURE.md.
