// OperationJournal: see ARCHITECTURE.md.
