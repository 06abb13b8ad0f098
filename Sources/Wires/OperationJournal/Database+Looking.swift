import CSQLite
import Glibc
import OperationModel

/// Looking at a journal that can't be written: its file system is full or read-only, or it belongs to another user.
extension Database {
    /// Opens a journal that is there for looking alone.
    ///
    /// A database with a write-ahead log wants its shared memory even for reading (sqlite.org/wal.html#read_only_databases).
    /// Where that can't be made and the log is empty, the file itself holds everything: nobody has it open for writing, so
    /// that it can be taken for unchangeable. Where the log has something in it, no other process works on it, and the file
    /// itself can be opened for writing, the memory is this process's own.
    static func openForLooking(_ file: String) throws(StoreError) -> Database {
        let refused: StoreError
        do throws(StoreError) { return try look(file, flags: SQLITE_OPEN_READONLY) } catch { refused = error }
        var log = stat()
        let hasLog = stat(file + "-wal", &log) == 0 && log.st_size > 0
        do throws(StoreError) {
            if hasLog { return try look(file, flags: SQLITE_OPEN_READWRITE, "PRAGMA locking_mode = EXCLUSIVE") }
            let name = "file:\(encoded(file))?immutable=1"
            return try look(file, as: name, flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        } catch { throw refused }
    }

    /// A connection that changes nothing, proved by a first look.
    private static func look(
        _ file: String, as name: String? = nil, flags: Int32, _ setting: String? = nil
    ) throws(StoreError) -> Database {
        let database = try connect(file, as: name, flags: flags)
        try database.execute("PRAGMA query_only = ON")
        if let setting { try database.execute(setting) }
        try Schema.inspect(database)
        return database
    }

    /// The path as a part of a URI.
    private static func encoded(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            switch byte {
            case 0x61...0x7a, 0x41...0x5a, 0x30...0x39, 0x2d...0x2f, 0x5f, 0x7e:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
    }

    // MARK: Why it can't be written

    /// The error of a system call that was refused for want of room or of a writable file system; nil for another one.
    static func refusal(_ code: Int32, _ what: String, _ file: String) -> StoreError? {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT: return .full(file: file, reason: reason)
        case EROFS:
            return .unavailable(
                what: what, file: file, reason: "its file system is mounted read-only (\(reason))",
                remedy: "see in the machine's log why, mount it writable again; what only looks goes on meanwhile")
        default: return nil
        }
    }

    /// What keeps this process from writing beside `file`; nil where nothing does.
    static func obstacle(to file: String, _ what: String) -> StoreError? {
        let directory = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        for path in [directory.isEmpty ? "/" : directory, file] where access(path, W_OK) != 0 {
            let code = errno
            if let refused = refusal(code, what, file) { return refused }
            guard code == EACCES else { continue }
            return .unavailable(
                what: what, file: file, reason: "\(path) can't be written (\(String(cString: strerror(code))))",
                remedy: "run gantry as the user who owns the file")
        }
        return nil
    }
}
