internal import Glibc

/// Reading files with a bound.
public enum BoundedFile {
    /// The first bytes of a file, `count` of them or as many as it has.
    ///
    /// - Throws: `fileMissing`, `notPermitted` or `fileFailed`.
    public static func beginning(_ path: String, _ count: Int) throws(ProcessError) -> [UInt8] {
        let file = try Descriptor.open(path, O_RDONLY, to: "read")
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        var filled = 0
        while filled < bytes.count {
            let read = bytes.withUnsafeMutableBytes { all in
                Glibc.read(file.raw, all.baseAddress?.advanced(by: filled), all.count - filled)
            }
            if read == 0 { break }
            if read > 0 {
                filled += read
            } else if errno != EINTR {
                throw ProcessError.file("read", path, errno)
            }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// The whole content of a file, or of something read like one (`/proc`), of at most `limit` bytes.
    ///
    /// - Throws: `fileTooLarge`, `fileMissing`, `notPermitted` or `fileFailed`.
    public static func read(_ path: String, limit: Int) throws(ProcessError) -> [UInt8] {
        let file = try Descriptor.open(path, O_RDONLY, to: "read")
        var status = stat()
        guard fstat(file.raw, &status) == 0 else { throw ProcessError.file("read", path, errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ProcessError.file("read", path, EISDIR) }
        // Files of /proc have size 0: the size only says where to begin.
        var bytes = [UInt8](repeating: 0, count: min(limit, max(4096, Int(status.st_size))) + 1)
        var filled = 0
        while true {
            if filled == bytes.count {
                guard filled <= limit else { break }
                bytes.append(contentsOf: repeatElement(0, count: min(filled, limit + 1 - filled)))
            }
            let count = bytes.withUnsafeMutableBytes { all in
                Glibc.read(file.raw, all.baseAddress?.advanced(by: filled), all.count - filled)
            }
            if count > 0 {
                filled += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw ProcessError.file("read", path, errno)
            }
        }
        guard filled <= limit else {
            throw ProcessError(.fileTooLarge, subject: path, reason: "it is bigger than \(limit) bytes")
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }
}
