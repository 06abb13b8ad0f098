// OperationModel: see ARCHITECTURE.md.
