import OperationModel

/// The journal's tables, and how older files become the present one. `user_version` counts the migrations done.
enum Schema {
    static let migrations = [
        """
        CREATE TABLE operation (
            id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, plan TEXT NOT NULL) STRICT;
        CREATE TABLE event (
            operation TEXT NOT NULL REFERENCES operation (id), sequence INTEGER NOT NULL, at INTEGER NOT NULL,
            event TEXT NOT NULL, PRIMARY KEY (operation, sequence)) STRICT, WITHOUT ROWID;
        CREATE TRIGGER event_is_kept BEFORE UPDATE ON event
            BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;
        CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
            BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;
        CREATE TABLE lease (
            cluster TEXT PRIMARY KEY, token INTEGER NOT NULL, lease TEXT) STRICT;
        CREATE TABLE value (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE audit (
            number INTEGER PRIMARY KEY AUTOINCREMENT, caller TEXT NOT NULL, arguments TEXT NOT NULL, reason TEXT,
            opened_at INTEGER NOT NULL, closed_at INTEGER, exit_code INTEGER, operation TEXT) STRICT;
        CREATE INDEX audit_by_time ON audit (opened_at);
        """
    ]

    /// Brings the file to the present version; one that a newer gantry wrote is refused and left as it is.
    static func migrate(_ database: borrowing Database) throws(StoreError) {
        let file = database.file
        if try version(database) == migrations.count { return }
        // WAL lets `clusterstatus` and `attach` read while the worker writes. It is kept in the file.
        try database.run("PRAGMA journal_mode = WAL")
        try database.run("BEGIN IMMEDIATE")
        do throws(StoreError) {
            // Asked again: another process may have been at it.
            let present = try version(database)
            guard present <= migrations.count else {
                throw StoreError.unavailable(
                    what: "opening the journal", file: file,
                    reason: "a newer gantry wrote it (schema \(present), this one knows \(migrations.count))",
                    remedy: "use the newer gantry")
            }
            for migration in migrations[present...] {
                for statement in statements(migration) { try database.run(statement) }
            }
            try database.run("PRAGMA user_version = \(migrations.count)")
            try database.run("COMMIT")
        } catch {
            try? database.run("ROLLBACK")
            throw error
        }
    }

    private static func version(_ database: borrowing Database) throws(StoreError) -> Int {
        var version = 0
        try database.run("PRAGMA user_version") { row throws(StoreError) in version = Int(row.integer(0)) }
        return version
    }

    /// Statements end with a semicolon at the end of a line; those of triggers have one in their middle.
    private static func statements(_ script: String) -> [String] {
        var found: [String] = []
        var current = ""
        for line in script.split(separator: "\n") {
            current += line + "\n"
            if line.hasSuffix(";") {
                found.append(current)
                current = ""
            }
        }
        return found
    }
}
