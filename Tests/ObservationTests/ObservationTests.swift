// Observation: see ARCHITECTURE.md.
