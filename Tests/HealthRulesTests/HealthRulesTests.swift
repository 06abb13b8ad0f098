// HealthRules: see ARCHITECTURE.md.
