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

    /// "gntr" in the file's header: tells a journal from any other SQLite file.
    private static let applicationID: Int64 = 0x676e_7472

    /// Refuses a file that another program or a newer gantry wrote; reads only.
    static func inspect(_ database: borrowing Database) throws(StoreError) {
        let version = try database.integer("PRAGMA user_version")
        let application = try database.integer("PRAGMA application_id")
        let tables = try database.integer("SELECT count(*) FROM sqlite_schema")
        let isNew = version == 0 && application == 0 && tables == 0
        guard isNew || application == applicationID else {
            throw .unavailable(
                what: "opening the journal", file: database.file, reason: "it is a database, but no journal of gantry",
                remedy: "move it aside, or use another fleet directory")
        }
        guard version <= migrations.count else {
            throw .unavailable(
                what: "opening the journal", file: database.file,
                reason: "a newer gantry wrote it (schema \(version), this one knows \(migrations.count))",
                remedy: "use the newer gantry")
        }
    }

    /// Brings an inspected file to the present version.
    static func migrate(_ database: borrowing Database) throws(StoreError) {
        if try database.integer("PRAGMA user_version") == migrations.count { return }
        try database.write { () throws(StoreError) in
            // Asked again under the write lock: another process may have been at it.
            try inspect(database)
            for migration in migrations[Int(try database.integer("PRAGMA user_version"))...] {
                try database.execute(migration)
            }
            try database.execute("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(migrations.count)")
        }
    }
}
