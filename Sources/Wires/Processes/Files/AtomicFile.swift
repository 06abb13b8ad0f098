internal import CSystem
internal import Glibc

/// Writing files so that a reader, or a crash at any instant, meets the old content or the new one and nothing between.
public enum AtomicFile {
    /// The owner a file gets.
    public struct Owner: Sendable, Equatable {
        /// User id.
        public var user: UInt32
        /// Group id.
        public var group: UInt32

        /// Ids of user and group.
        public init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    /// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the directory.
    ///
    /// When it returns, the content survives a loss of power. When it throws, `path` is what it was and no temporary file
    /// is left.
    ///
    /// - Parameters:
    ///   - bytes: the new content.
    ///   - path: the file; its directory must exist.
    ///   - mode: its permission bits, whatever the umask.
    ///   - owner: nil for the process's own user and group.
    /// - Throws: `noRoom`, `notPermitted`, `fileMissing` (the directory) or `fileFailed`.
    public static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, owner: Owner? = nil
    ) throws(ProcessError) {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).new"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let file = try Descriptor.open(temporary, flags, mode: 0o600, to: "write")
        do throws(ProcessError) {
            try fill(file.raw, bytes, path)
            if let owner, fchown(file.raw, owner.user, owner.group) != 0 {
                throw ProcessError.file("change the owner of", path, errno)
            }
            guard fchmod(file.raw, mode) == 0 else { throw ProcessError.file("set the mode of", path, errno) }
            guard fsync(file.raw) == 0 else { throw ProcessError.file("sync", path, errno) }
            guard rename(temporary, path) == 0 else { throw ProcessError.file("replace", path, errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        try Directories.sync(Directories.parent(of: path))
    }

    private static func fill(_ descriptor: Int32, _ bytes: [UInt8], _ path: String) throws(ProcessError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                csystem_process_write(descriptor, all.baseAddress?.advanced(by: written), all.count - written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw ProcessError.file("write", path, errno)
            }
        }
    }
}
