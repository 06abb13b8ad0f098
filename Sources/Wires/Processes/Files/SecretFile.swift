internal import Glibc

/// Reading passwords from files that nobody else can read.
public enum SecretFile {
    /// Far above the longest password, and a bound for what is no such file.
    private static let limit = 4096

    /// The first line of `path`, without its end.
    ///
    /// - Throws: `fileMissing`, `notPermitted`; `unsafeFile` when it is open to others, another user's or no plain file;
    ///   `fileFailed` when it is empty.
    public static func line(_ path: String) throws(ProcessError) -> String {
        // Not waiting for a pipe's other end.
        let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK, to: "read")
        var status = stat()
        guard fstat(file.raw, &status) == 0 else { throw ProcessError.file("read", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ProcessError(
                .unsafeFile, subject: path, reason: "it is no plain file", remedy: "write the password into a file")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw ProcessError(
                .unsafeFile, subject: path, reason: "it belongs to user id \(status.st_uid)",
                remedy: "chown it to the user that runs gantry")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw ProcessError(
                .unsafeFile, subject: path, reason: "it is open to other users", remedy: "chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(file.raw, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw ProcessError.file("read", path, errno) }
        let line = bytes.prefix(count).prefix { $0 != 0x0a && $0 != 0x0d }
        guard !line.isEmpty, !line.contains(0) else {
            throw ProcessError(
                .fileFailed, subject: path, reason: "it holds no password in its first line",
                remedy: "write the password into it, and nothing else")
        }
        return String(decoding: line, as: UTF8.self)
    }
}
