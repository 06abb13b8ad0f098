internal import CSystem
internal import Glibc

/// A connection to a unix socket that is only held, never spoken on: it shows that somebody listens there, and may keep
/// that somebody from leaving.
public final class UnixSocket: Sendable {
    /// 107 bytes: `sun_path` of unix(7) less its final zero.
    public static let longestPath = 107

    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects, without waiting.
    ///
    /// - Throws: `ProcessError` when the path is no socket or nobody listens there.
    public static func connect(_ path: String) throws(ProcessError) -> UnixSocket {
        let descriptor = csystem_process_connect(path)
        guard descriptor >= 0 else { throw ProcessError.file("connect to", path, errno) }
        return UnixSocket(descriptor: descriptor)
    }
}
