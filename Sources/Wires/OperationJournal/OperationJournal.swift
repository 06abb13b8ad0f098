public import FleetModel
public import OperationModel
import Threads

/// The store on SQLite: WAL, `synchronous=FULL`, so that what a call returned from has reached the disk.
public final class OperationJournal: OperationStore {
    private let database: Locked<Database>
    private let file: String

    private init(_ database: consuming sending Database) {
        file = database.file
        self.database = Locked(database)
    }

    /// Opens the journal, making the file at first need. Its directory must exist.
    /// - Throws: `StoreError.unavailable` for a file that is damaged, newer than this gantry, or can't be written; such
    ///   a file is left as it is.
    public static func open(_ file: String) throws(StoreError) -> OperationJournal {
        try open(file, mostPages: nil)
    }

    /// Opens a journal that is there. One that can't be written now, because its file system is full or read-only or it is
    /// another user's, can still be looked at; the first write to it is refused then.
    /// - Throws: as `open`.
    public static func openExisting(_ file: String) throws(StoreError) -> OperationJournal {
        let refused: StoreError
        do throws(StoreError) { return try open(file) } catch { refused = error }
        let file = Database.inRealDirectory(file)
        let isFull = if case .full = refused { true } else { false }
        guard isFull || Database.obstacle(to: file, "opening the journal") != nil else { throw refused }
        do throws(StoreError) {
            return OperationJournal(try Database.openForLooking(file))
        } catch { throw refused }
    }

    /// With `mostPages` the file can't grow beyond so many pages: a full disk for tests.
    static func open(_ file: String, mostPages: Int?) throws(StoreError) -> OperationJournal {
        let database = try Database.open(file)
        try Schema.inspect(database)
        try database.allowWrites()
        try Schema.migrate(database)
        if let mostPages { try database.execute("PRAGMA max_page_count = \(mostPages)") }
        return OperationJournal(database)
    }

    private func read<Result>(
        _ body: (borrowing Database) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try database.withLock { (database) throws(StoreError) in try body(database) }
    }

    private func write<Result>(
        _ body: (borrowing Database) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try read { database throws(StoreError) in
            try database.write { () throws(StoreError) in try body(database) }
        }
    }

    private func encode(_ value: some Encodable) throws(StoreError) -> String {
        do throws(JSONError) {
            return try JSONValue(encoding: value).text()
        } catch {
            throw .unavailable(
                what: "writing a value", file: file, reason: error.description, remedy: "report this: it is a defect")
        }
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, _ text: String, of place: String
    ) throws(StoreError) -> Value {
        do throws(JSONError) {
            return try JSONValue(parsing: text).decoded(as: type)
        } catch {
            throw .unavailable(
                what: "reading \(place)", file: file, reason: error.description,
                remedy: "use the version of gantry that wrote it")
        }
    }

    // MARK: Operations and events

    /// Keeps a new operation.
    public func create(_ id: OperationID, plan: OperationPlan, at: Timestamp) throws(StoreError) {
        let text = try encode(plan)
        try write { database throws(StoreError) in
            guard try !exists(id, database) else { throw .exists(id) }
            try database.run(
                "INSERT INTO operation (id, created_at, plan) VALUES (?, ?, ?)",
                [.text(id.rawValue), .integer(at.milliseconds), .text(text)])
        }
    }

    /// The newest one's id.
    public func newest() throws(StoreError) -> OperationID? {
        try read { database throws(StoreError) in
            var found: OperationID?
            try database.run("SELECT id FROM operation ORDER BY created_at DESC, id DESC LIMIT 1") {
                row throws(StoreError) in found = OperationID(rawValue: row.text(0))
            }
            return found
        }
    }

    /// The newest, newest first.
    public func operations(limit: Int) throws(StoreError) -> [OperationRecord] {
        try read { database throws(StoreError) in
            var records: [OperationRecord] = []
            try database.run(
                "SELECT id, created_at, plan FROM operation ORDER BY created_at DESC, id DESC LIMIT ?",
                [.integer(Int64(max(0, limit)))]
            ) { row throws(StoreError) in records.append(try self.record(row)) }
            return records
        }
    }

    /// One operation.
    public func operation(_ id: OperationID) throws(StoreError) -> OperationRecord {
        try read { database throws(StoreError) in
            var found: OperationRecord?
            try database.run("SELECT id, created_at, plan FROM operation WHERE id = ?", [.text(id.rawValue)]) {
                row throws(StoreError) in found = try self.record(row)
            }
            guard let found else { throw .unknownOperation(id) }
            return found
        }
    }

    private func record(_ row: borrowing Database.Row) throws(StoreError) -> OperationRecord {
        guard let id = OperationID(rawValue: row.text(0)) else {
            throw .unavailable(
                what: "reading an operation", file: file, reason: "'\(row.text(0).prefix(60))' is no operation's id",
                remedy: "use the version of gantry that wrote it")
        }
        return OperationRecord(
            id: id, plan: try decode(OperationPlan.self, row.text(2), of: "the plan of \(id)"),
            createdAt: Timestamp(milliseconds: row.integer(1)))
    }

    private func exists(_ id: OperationID, _ database: borrowing Database) throws(StoreError) -> Bool {
        var found = false
        try database.run("SELECT 1 FROM operation WHERE id = ?", [.text(id.rawValue)]) { _ throws(StoreError) in
            found = true
        }
        return found
    }

    /// Its events behind a number, in order.
    public func events(of id: OperationID, after: Int64, limit: Int) throws(StoreError) -> [JournaledEvent] {
        try read { database throws(StoreError) in
            var events: [JournaledEvent] = []
            try database.run(
                "SELECT sequence, at, event FROM event WHERE operation = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                [.text(id.rawValue), .integer(after), .integer(Int64(max(0, limit)))]
            ) { row throws(StoreError) in
                events.append(
                    JournaledEvent(
                        sequence: row.integer(0), at: Timestamp(milliseconds: row.integer(1)),
                        event: try self.decode(OperationEvent.self, row.text(2), of: "event \(row.integer(0)) of \(id)")
                    ))
            }
            return events
        }
    }

    /// Appends under the lease.
    @discardableResult
    public func append(
        _ event: OperationEvent, under lease: Lease, at: Timestamp
    ) throws(StoreError) -> JournaledEvent {
        let text = try encode(event)
        return try write { database throws(StoreError) in
            try check(lease, database)
            return JournaledEvent(
                sequence: try append(text, lease.operation, at, database), at: at, event: event)
        }
    }

    /// Appends a request from outside the worker.
    public func request(_ request: ControlRequest, of id: OperationID, at: Timestamp) throws(StoreError) {
        let text = try encode(OperationEvent.requested(request))
        try write { database throws(StoreError) in
            guard try exists(id, database) else { throw .unknownOperation(id) }
            _ = try append(text, id, at, database)
        }
    }

    private func append(
        _ event: String, _ id: OperationID, _ at: Timestamp, _ database: borrowing Database
    ) throws(StoreError) -> Int64 {
        var sequence: Int64 = 1
        try database.run("SELECT max(sequence) FROM event WHERE operation = ?", [.text(id.rawValue)]) {
            row throws(StoreError) in sequence = row.integer(0) + 1
        }
        try database.run(
            "INSERT INTO event (operation, sequence, at, event) VALUES (?, ?, ?, ?)",
            [.text(id.rawValue), .integer(sequence), .integer(at.milliseconds), .text(event)])
        return sequence
    }

    // MARK: Leases

    /// Takes the lease. The token grows for ever, also when nobody holds the lease between.
    public func acquireLease(
        cluster: ClusterName, operation: OperationID, holder: Holder, replacing: Int64?, at: Timestamp
    ) throws(StoreError) -> Lease {
        try write { database throws(StoreError) in
            let (token, present) = try stored(cluster, database)
            if let present, present.token != replacing { throw .leased(present) }
            let lease = Lease(
                cluster: cluster, operation: operation, holder: holder, token: token + 1, since: at, heartbeat: at)
            try store(lease, database)
            return lease
        }
    }

    /// The lease, if anybody has it.
    public func lease(of cluster: ClusterName) throws(StoreError) -> Lease? {
        try read { database throws(StoreError) in try stored(cluster, database).lease }
    }

    /// Says that the holder still works.
    public func renew(_ lease: Lease, at: Timestamp) throws(StoreError) {
        try write { database throws(StoreError) in
            try check(lease, database)
            var renewed = lease
            renewed.heartbeat = at
            try store(renewed, database)
        }
    }

    /// Gives the lease back; nothing happens when it is another's by now.
    public func release(_ lease: Lease) throws(StoreError) {
        try write { database throws(StoreError) in
            guard try stored(lease.cluster, database).lease?.token == lease.token else { return }
            try database.run("UPDATE lease SET lease = NULL WHERE cluster = ?", [.text(lease.cluster.rawValue)])
        }
    }

    private func stored(
        _ cluster: ClusterName, _ database: borrowing Database
    ) throws(StoreError) -> (token: Int64, lease: Lease?) {
        var found: (token: Int64, lease: Lease?) = (0, nil)
        try database.run("SELECT token, lease FROM lease WHERE cluster = ?", [.text(cluster.rawValue)]) {
            row throws(StoreError) in
            found.token = row.integer(0)
            if let text = row.optionalText(1) {
                found.lease = try self.decode(Lease.self, text, of: "the lease of \(cluster)")
            }
        }
        return found
    }

    private func store(_ lease: Lease, _ database: borrowing Database) throws(StoreError) {
        try database.run(
            """
            INSERT INTO lease (cluster, token, lease) VALUES (?, ?, ?)
            ON CONFLICT (cluster) DO UPDATE SET token = excluded.token, lease = excluded.lease
            """, [.text(lease.cluster.rawValue), .integer(lease.token), .text(try encode(lease))])
    }

    private func check(_ lease: Lease, _ database: borrowing Database) throws(StoreError) {
        let present = try stored(lease.cluster, database).lease
        guard present?.token == lease.token else { throw .fenced(present ?? lease) }
    }

    // MARK: Values

    /// A value that outlives operations.
    public func value(_ key: String) throws(StoreError) -> String? {
        try read { database throws(StoreError) in
            var found: String?
            try database.run("SELECT value FROM value WHERE key = ?", [.text(key)]) { row throws(StoreError) in
                found = row.text(0)
            }
            return found
        }
    }

    /// Sets such a value under the lease.
    public func setValue(_ value: String, for key: String, under lease: Lease) throws(StoreError) {
        try write { database throws(StoreError) in
            try check(lease, database)
            try database.run(
                "INSERT INTO value (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [.text(key), .text(value)])
        }
    }

    // MARK: Audit

    /// Opens an audit record.
    public func openAudit(_ record: AuditRecord) throws(StoreError) -> Int64 {
        let (caller, arguments) = (try encode(record.caller), try encode(record.arguments))
        return try write { database throws(StoreError) in
            try database.run(
                "INSERT INTO audit (caller, arguments, reason, opened_at) VALUES (?, ?, ?, ?)",
                [
                    .text(caller), .text(arguments), Database.Value(record.reason),
                    .integer(record.openedAt.milliseconds),
                ])
            var number: Int64 = 0
            try database.run("SELECT last_insert_rowid()") { row throws(StoreError) in number = row.integer(0) }
            return number
        }
    }

    /// Closes it; one that is closed already stays as it is.
    public func closeAudit(
        _ number: Int64, exitCode: Int32, operation: OperationID?, at: Timestamp
    ) throws(StoreError) {
        try write { database throws(StoreError) in
            try database.run(
                "UPDATE audit SET closed_at = ?, exit_code = ?, operation = ? WHERE number = ? AND closed_at IS NULL",
                [
                    .integer(at.milliseconds), .integer(Int64(exitCode)), Database.Value(operation?.rawValue),
                    .integer(number),
                ])
        }
    }

    /// The records since, newest first.
    public func audit(since: Timestamp, limit: Int) throws(StoreError) -> [AuditRecord] {
        try read { database throws(StoreError) in
            var records: [AuditRecord] = []
            try database.run(
                """
                SELECT caller, arguments, reason, opened_at, closed_at, exit_code, operation FROM audit
                WHERE opened_at >= ? ORDER BY opened_at DESC, number DESC LIMIT ?
                """, [.integer(since.milliseconds), .integer(Int64(max(0, limit)))]
            ) { row throws(StoreError) in
                records.append(
                    AuditRecord(
                        caller: try self.decode(Holder.self, row.text(0), of: "the audit"),
                        arguments: try self.decode([String].self, row.text(1), of: "the audit"),
                        reason: row.optionalText(2),
                        openedAt: Timestamp(milliseconds: row.integer(3)),
                        closedAt: row.optionalInteger(4).map { Timestamp(milliseconds: $0) },
                        exitCode: row.optionalInteger(5).map { Int32(truncatingIfNeeded: $0) },
                        operation: row.optionalText(6).flatMap(OperationID.init(rawValue:))))
            }
            return records
        }
    }
}
