import CSQLite
import CSystem
import Glibc
import OperationModel

/// One connection to a SQLite file: prepare, bind, step, and errors in words. Used under the journal's lock only.
/// SQLite's handle may move between threads as long as one uses it at a time.
struct Database: ~Copyable {
    private let handle: OpaquePointer
    let file: String

    /// How long a write waits for another process's: appends take milliseconds, so longer means that one hangs.
    private static let busyMilliseconds: Int32 = 5000
    /// Between tries for what SQLite refuses at once: 10 ms, the time of a write or two.
    private static let pauseMicroseconds: UInt32 = 10_000
    /// 16 MiB: what a log that once grew is cut back to.
    private static let logSizeLimit = 16 << 20

    private init(handle: OpaquePointer, file: String) {
        self.handle = handle
        self.file = file
    }

    /// Opens `file`, making an empty one (mode 0600: arguments and payloads are nobody else's business) where there is none.
    ///
    /// Until `allowWrites` closing leaves the file as it is, write-ahead log included.
    static func open(_ file: String) throws(StoreError) -> Database {
        let file = inRealDirectory(file)
        // SQLite gives its log and shared memory the mode of the file. When this fails, SQLite says why.
        // Never opened here where it exists: closing it would drop the locks that other connections of this process
        // hold on it (sqlite.org/howtocorrupt.html, 2.2), and another process would write beside them.
        let made = Glibc.open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        let cause = made < 0 ? errno : nil
        if made >= 0 { close(made) }
        do throws(StoreError) {
            return try connect(file, flags: SQLITE_OPEN_READWRITE)
        } catch {
            throw cause.flatMap { refusal($0, "opening the journal", file) } ?? error
        }
    }

    /// A connection to a file that is there.
    /// - Parameters:
    ///   - file: its path, for people.
    ///   - name: what SQLite is told; nil: the path.
    ///   - flags: SQLite's.
    /// - Returns: the connection, which leaves the file as it is when it is closed.
    /// - Throws: `StoreError.unavailable`.
    static func connect(_ file: String, as name: String? = nil, flags: Int32) throws(StoreError) -> Database {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(name ?? file, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nil)
        guard code == SQLITE_OK, let handle else {
            let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(handle)
            throw StoreError.unavailable(
                what: "opening the journal", file: file, reason: reason,
                remedy: "see that the directory can be written by this user")
        }
        sqlite3_busy_timeout(handle, busyMilliseconds)
        sqlite3_extended_result_codes(handle, 1)
        _ = csystem_sqlite_checkpoint_on_close(handle, 0)
        return Database(handle: handle, file: file)
    }

    deinit { sqlite3_close_v2(handle) }

    /// The same file below a directory without links, which SQLite refuses anywhere in a path when the file itself must be
    /// none. A fleet directory may well be one.
    static func inRealDirectory(_ file: String) -> String {
        guard let slash = file.lastIndex(of: "/"), slash > file.startIndex,
            let real = realpath(String(file[..<slash]), nil)
        else { return file }
        defer { free(real) }
        return String(cString: real) + file[slash...]
    }

    /// Prepares for writing, once it is known that the file is ours: a write-ahead log, synced at every commit.
    ///
    /// The switch to the log is refused while another process reads, without waiting: several may open a new file at once.
    func allowWrites() throws(StoreError) {
        let end = ContinuousClock.now + .milliseconds(Self.busyMilliseconds)
        while true {
            do throws(StoreError) {
                var mode = ""
                try run("PRAGMA journal_mode = WAL") { row throws(StoreError) in mode = row.text(0) }
                if mode == "wal" { break }
                throw .unavailable(
                    what: "opening the journal", file: file, reason: "its file system has no shared memory",
                    remedy: "keep it on a local disk, not on a network mount")
            } catch {
                let isBusy = [SQLITE_BUSY, SQLITE_LOCKED].contains(sqlite3_errcode(handle) & 0xff)
                guard isBusy, ContinuousClock.now < end else { throw error }
                usleep(Self.pauseMicroseconds)
            }
        }
        try run("PRAGMA synchronous = FULL")
        try run("PRAGMA foreign_keys = ON")
        try run("PRAGMA journal_size_limit = \(Self.logSizeLimit)")
        _ = csystem_sqlite_checkpoint_on_close(handle, 1)
    }

    /// Runs statements that take no values and bring no rows.
    func execute(_ script: String) throws(StoreError) {
        try check(sqlite3_exec(handle, script, nil, nil, nil), "writing or reading the journal")
    }

    /// The first column of the first row of a statement.
    func integer(_ sql: String) throws(StoreError) -> Int64 {
        var number: Int64 = 0
        try run(sql) { row throws(StoreError) in number = row.integer(0) }
        return number
    }

    /// Runs one statement; `row` is called for each row.
    func run(
        _ sql: String, _ values: [Value] = [], row: (borrowing Row) throws(StoreError) -> Void = { _ in }
    ) throws(StoreError) {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil), "preparing a statement")
        defer { sqlite3_finalize(statement) }
        guard let statement else { return }
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let code =
                switch value {
                case .null: sqlite3_bind_null(statement, place)
                case .integer(let number): sqlite3_bind_int64(statement, place, number)
                case .text(let text):
                    csystem_sqlite_bind_text(statement, place, text, Int32(clamping: text.utf8.count))
                }
            try check(code, "binding a value")
        }
        while true {
            let code = sqlite3_step(statement)
            switch code {
            case SQLITE_ROW: try row(Row(statement: statement))
            case SQLITE_DONE: return
            default: throw failure(code, "writing or reading the journal")
            }
        }
    }

    /// Runs `body` in a transaction that holds the write lock from its beginning; all of it, or nothing.
    func write<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        try run("BEGIN IMMEDIATE")
        do throws(StoreError) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // A failed COMMIT may have ended the transaction; then there is nothing to roll back.
            if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
            throw error
        }
    }

    private func check(_ code: Int32, _ what: String) throws(StoreError) {
        guard code == SQLITE_OK else { throw failure(code, what) }
    }

    /// SQLite's codes for a disk without room: its own, and those of a log or a shared memory that can't grow.
    private static let full: Set<Int32> = [SQLITE_FULL, 10 | (3 << 8), memorySize]
    /// SQLITE_IOERR_SHMSIZE, a macro that Swift does not see.
    private static let memorySize: Int32 = 10 | (19 << 8)

    private func failure(_ code: Int32, _ what: String) -> StoreError {
        if Self.full.contains(code) {
            // Of a shared memory that can't grow SQLite says no more than that there was an error.
            let reason =
                code == Self.memorySize
                ? String(cString: strerror(ENOSPC)) : String(cString: sqlite3_errmsg(handle))
            return .full(file: file, reason: reason)
        }
        // What SQLite says of a file that it can't make or write is the same for every cause.
        if [SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_IOERR].contains(code & 0xff),
            let refused = Self.refusal(sqlite3_system_errno(handle), what, file) ?? Self.obstacle(to: file, what)
        {
            return refused
        }
        let remedy =
            switch code & 0xff {
            case SQLITE_IOERR: "see the machine's log, and check its disk"
            case SQLITE_BUSY, SQLITE_LOCKED: "another process holds the journal: gantry operation list shows which"
            case SQLITE_NOTADB, SQLITE_CORRUPT:
                "move the file aside; the hosts remember the cluster, and gantry goes on without its history"
            case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN: "run gantry as the user who owns the file"
            default: "see that the file and its directory are whole"
            }
        return .unavailable(
            what: what, file: file, reason: String(cString: sqlite3_errmsg(handle)), remedy: remedy)
    }

    enum Value {
        case null
        case integer(Int64)
        case text(String)

        init(_ text: String?) { self = text.map(Value.text) ?? .null }
        init(_ number: Int64?) { self = number.map(Value.integer) ?? .null }
    }

    struct Row: ~Copyable {
        fileprivate let statement: OpaquePointer

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
        func optionalInteger(_ column: Int32) -> Int64? {
            sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : integer(column)
        }
        func text(_ column: Int32) -> String { optionalText(column) ?? "" }
        func optionalText(_ column: Int32) -> String? {
            guard let bytes = sqlite3_column_text(statement, column) else { return nil }
            let count = Int(sqlite3_column_bytes(statement, column))
            return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
        }
    }
}
