// Transfers: see ARCHITECTURE.md.
