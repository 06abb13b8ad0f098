import Glibc

/// Files that are read or written whole.
enum WholeFile {
    /// Bytes of a file that is read: a snapshot of a million partitions has a tenth of it.
    private static let most = 1 << 30
    /// Bytes of what has no size, such as a pipe: more than anybody sends by hand, and soon read.
    private static let mostOfStream = 1 << 28

    /// The bytes of the file at `path`.
    /// - Throws: status 4 where it can't be read.
    static func read(_ path: String) throws(CommandError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("can't be read", path, errno, .refused) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("can't be read", path, errno, .refused) }
        let most = status.st_mode & S_IFMT == S_IFREG ? most : mostOfStream
        guard status.st_size <= most else { throw failure("is too large", path, EFBIG, .refused) }
        // One byte more than it has now, so that its end is seen; a pipe's size is 0.
        var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size) + 1, 1 << 16))
        var count = 0
        while true {
            if count == bytes.count {
                guard count <= most else { throw failure("is too large", path, EFBIG, .refused) }
                bytes.append(contentsOf: repeatElement(0, count: count))
            }
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("can't be read", path, errno, .refused) }
            if got == 0 { break }
            count += got
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// What `body` makes of the file at `path`; whatever is wrong in it is said with its name.
    /// - Throws: status 4 where it can't be read, and what `body` throws as a `CommandError`.
    static func parsed<Result>(_ path: String, _ body: ([UInt8]) throws -> Result) throws(CommandError) -> Result {
        let bytes = try read(path)
        do {
            return try body(bytes)
        } catch {
            var error = CommandError(describing: error)
            error.object = error.object.map { "\(path): \($0)" } ?? path
            throw error
        }
    }

    /// Writes `bytes` to `path`, whole or not at all: a new file takes the old one's place. A link stays a link, and what
    /// is no file (`/dev/stdout`, a pipe) is written to. `mode` is that of the new file.
    ///
    /// A file that begins otherwise than `bytes` is of another kind, `defaults.cfg` say, and is not what was meant.
    /// - Throws: status 4 where it would take the place of such a file, and 2 where writing fails.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(CommandError) {
        let path = resolved(path) ?? path
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        if !isSpecial, let first = firstByte(of: path), first != bytes.first {
            throw CommandError(
                "file-of-another-kind", "a file would be lost", object: path,
                reason: "it is there already, and of another kind than what would take its place",
                next: "name a file that is not there yet", exit: .refused)
        }
        let new = isSpecial ? path : "\(path).new-\(getpid())"
        let flags = isSpecial ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let descriptor = open(new, flags, mode)
        guard descriptor >= 0 else { throw failure("can't be written", path, errno, .failed) }
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if put < 0, errno == EINTR { continue }
            guard put > 0 else {
                let code = errno
                close(descriptor)
                if !isSpecial { unlink(new) }
                throw failure("can't be written", path, code, .failed)
            }
            done += put
        }
        if isSpecial {
            close(descriptor)
            return
        }
        let closed = fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard closed, rename(new, path) == 0 else {
            let reason = closed ? errno : code
            unlink(new)
            throw failure("can't be written", path, reason, .failed)
        }
    }

    /// Writes several files, one after the other; `done` were written before them.
    /// - Throws: what keeps one of them from being written, with those that were.
    static func write(
        _ files: [(path: String, bytes: [UInt8])], after done: [String] = []
    ) throws(CommandError) {
        var done = done
        for file in files {
            do throws(CommandError) { try write(file.bytes, to: file.path) } catch {
                var error = error
                if !done.isEmpty {
                    error.reason =
                        (error.reason.map { "\($0); " } ?? "")
                        + "written before it, and good: \(done.joined(separator: ", "))"
                }
                throw error
            }
            done.append(file.path)
        }
    }

    /// The bytes of what a file at `path` would take the place of: nil where there is none, an empty one, or no file at all.
    /// - Throws: status 4 where it can't be read.
    static func present(_ path: String) throws(CommandError) -> [UInt8]? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return nil }
        return try read(path)
    }

    /// What the file at `path` begins with; nothing where it is empty or not there.
    private static func firstByte(of path: String) -> UInt8? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return Glibc.read(descriptor, &byte, 1) == 1 ? byte : nil
    }

    /// The path behind links, where it exists.
    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Refuses files that are written and named twice, or read as well: the later would destroy the earlier.
    /// - Throws: status 64.
    static func refuseSame(read: [String?], written: [String?]) throws(CommandError) {
        var seen = Set(read.compactMap { $0 }.map { resolved($0) ?? $0 })
        for path in written.compactMap({ $0 }) {
            let name = resolved(path) ?? path
            guard name.hasPrefix("/dev/") || seen.insert(name).inserted else {
                throw CommandError.usage(
                    "\(path) is named twice: each result needs a file of its own", next: "gantry help plan")
            }
        }
    }

    private static func failure(_ what: String, _ path: String, _ code: CInt, _ exit: ExitStatus) -> CommandError {
        CommandError(
            "file", "a file \(what)", object: path, reason: String(cString: strerror(code)),
            next: "check the path and its permissions", exit: exit)
    }
}
