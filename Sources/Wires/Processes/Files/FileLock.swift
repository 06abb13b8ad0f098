internal import CSystem
internal import Glibc

/// A lock that processes of one machine share, held on a file by flock(2). The kernel lets it go when its holder dies,
/// however it dies.
public final class FileLock: Sendable {
    /// 10 to 100 ms between tries: flock(2) has no way to be waited for together with a deadline.
    private static let firstPause: Duration = .milliseconds(10)
    private static let longestPause: Duration = .milliseconds(100)
    /// A line about a process; what is longer was written by something else.
    private static let longestWord = 4096

    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lock on `path`, a file that is made (mode 0600) where missing and never removed; it is held until the
    /// object goes away.
    ///
    /// - Throws: `locked` when another process, or another `FileLock` here, has it; the errors of opening a file.
    public static func take(_ path: String) throws(ProcessError) -> FileLock {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, to: "lock")
        guard csystem_process_lock(file.raw, 0) == 0 else {
            guard errno == EWOULDBLOCK else { throw ProcessError.file("lock", path, errno) }
            throw ProcessError(.locked, subject: path, reason: "another process holds the lock")
        }
        return FileLock(descriptor: file.release())
    }

    /// Leaves a line in the file, for those who find the lock taken: who has it, and since when. Where it can't be
    /// written the lock is held all the same.
    public func leave(word: String) {
        let bytes = Array(word.utf8) + [UInt8(ascii: "\n")]
        _ = ftruncate(descriptor, 0)
        _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// The line that the last holder left in the file; nil where there is none.
    public static func word(in path: String) -> String? {
        guard let bytes = try? BoundedFile.read(path, limit: longestWord) else { return nil }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return line.isEmpty ? nil : line
    }

    /// Takes the lock, waiting for it at most as long as `deadline` says.
    ///
    /// - Throws: as `take`; `cancelled`.
    public static func take(_ path: String, within deadline: Duration) async throws(ProcessError) -> FileLock {
        let end = ContinuousClock.now + deadline
        var pause = firstPause
        while true {
            do {
                return try take(path)
            } catch  where error.code == .locked && ContinuousClock.now < end {
                guard (try? await Task.sleep(for: pause)) != nil else {
                    throw ProcessError(.cancelled, subject: path, reason: "cancelled while waiting for the lock")
                }
                pause = min(pause * 2, longestPause)
            }
        }
    }
}
