internal import CSystem
internal import Glibc

/// Directories that last as long as a piece of work.
public enum TemporaryDirectory {
    /// Makes an empty directory (mode 0700) under `$TMPDIR` or `/tmp`, runs `body` with its path, and removes it with all
    /// that is in it, also when `body` throws.
    ///
    /// - Throws: `ProcessError` when it cannot be made; whatever `body` throws.
    public static func with<Result>(
        prefix: String = "gantry", _ body: (_ path: String) async throws -> Result
    ) async throws -> Result {
        let path = try make(prefix: prefix)
        defer { remove(path) }
        return try await body(path)
    }

    /// Makes the directory alone; the caller removes it.
    ///
    /// - Throws: `ProcessError` when it cannot be made.
    public static func make(prefix: String = "gantry") throws(ProcessError) -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(prefix).XXXXXX".utf8CString)
        let made = mkdtemp(&template) != nil
        guard made else { throw ProcessError.file("make a directory in", base, errno) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes a directory with all that is in it; links are removed, not followed. What cannot be removed stays.
    public static func remove(_ path: String) {
        csystem_process_remove_tree(path)
    }
}
