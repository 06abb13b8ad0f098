import Glibc

/// Whole files of the techhost, in one piece. POSIX alone: this target needs nothing else of a platform.
enum SmallFile {
    /// The contents of `path`; nil when there is no such file.
    static func read(_ path: String, atMost limit: Int) throws(ConfigurationError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let number = errno
            var link = stat()
            if number == ENOENT, lstat(path, &link) == 0 { throw unreadable(path, "it is a link that leads nowhere") }
            if number == ENOENT || number == ENOTDIR { return nil }
            throw unreadable(path, number)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable(path, "it is not a file") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, errno) }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
        }
        throw unreadable(
            path, "it is larger than \(limit >> 10) KiB", remedy: "see whether it is the file that was meant")
    }

    /// The system's words for an error number.
    static func words(_ number: Int32) -> String { String(cString: strerror(number)).lowercased() }

    private static func unreadable(_ path: String, _ number: Int32) -> ConfigurationError {
        unreadable(path, words(number))
    }

    private static func unreadable(
        _ path: String, _ why: String,
        remedy: String = "make it a file that this user may read, and run the command again"
    ) -> ConfigurationError {
        ConfigurationError(code: .unreadable, message: "\(path) cannot be read: \(why)", remedy: remedy)
    }
}
