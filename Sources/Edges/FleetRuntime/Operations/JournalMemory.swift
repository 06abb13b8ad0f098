import OperationModel
import Operations

/// Values that outlive operations, written under the running operation's lease.
struct JournalMemory: FleetMemory {
    let store: any OperationStore
    /// Nil where nothing is to be written: proofs and dry runs.
    let lease: Lease?

    func value(_ key: String) async throws -> String? { try store.value(key) }

    func setValue(_ value: String, for key: String) async throws {
        guard let lease else {
            throw StoreError.unavailable(
                what: "writing \(key)", file: "the journal", reason: "no operation holds the lease",
                remedy: "gantry operation list")
        }
        try store.setValue(value, for: key, under: lease)
    }
}

/// The journal of a fleet that has none yet: everything is unset.
struct EmptyMemory: FleetMemory {
    func value(_ key: String) async throws -> String? { nil }
    func setValue(_ value: String, for key: String) async throws {}
}
