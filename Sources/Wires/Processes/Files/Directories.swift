internal import Glibc

/// Making and checking directories.
public enum Directories {
    /// Makes a directory and those above it that are missing, with the permission bits `mode` less the umask. That it
    /// exists already is fine.
    ///
    /// - Throws: `fileExists` when something else than a directory has the name, `notPermitted`, `noRoom`, `fileFailed`.
    public static func make(_ path: String, mode: UInt32 = 0o755) throws(ProcessError) {
        if mkdir(path, mode) == 0 { return }
        switch errno {
        case EEXIST:
            guard isDirectory(path) else {
                throw ProcessError(.fileExists, subject: path, reason: "it exists and is no directory")
            }
        case ENOENT:
            let above = parent(of: path)
            guard above != path, !path.isEmpty else { throw ProcessError.file("make", path, ENOENT) }
            try make(above, mode: mode)
            if mkdir(path, mode) != 0, errno != EEXIST { throw ProcessError.file("make", path, errno) }
        default: throw ProcessError.file("make", path, errno)
        }
    }

    /// Makes a directory for this user alone (mode 0700), or checks that the one there is: a real directory, this user's,
    /// closed to others. What is under such a path nobody else can have planted.
    ///
    /// - Throws: `unsafeDirectory` when it is another's or open to others; as `make`.
    public static func makePrivate(_ path: String) throws(ProcessError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw ProcessError.file("make", path, errno) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw ProcessError.file("look at", path, errno) }
        let remedy = "remove it, or name another directory"
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw ProcessError(.unsafeDirectory, subject: path, reason: "it is no directory", remedy: remedy)
        }
        guard status.st_uid == geteuid() else {
            throw ProcessError(
                .unsafeDirectory, subject: path, reason: "it belongs to user id \(status.st_uid)", remedy: remedy)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw ProcessError(
                .unsafeDirectory, subject: path, reason: "it is open to other users", remedy: "chmod 700 \(path)")
        }
    }

    /// Whether `path` is a directory, or a link to one.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a directory, without `.` and `..`, in no order.
    ///
    /// - Throws: `fileMissing`, `notPermitted` or `fileFailed`.
    public static func entries(_ path: String) throws(ProcessError) -> [String] {
        guard let directory = opendir(path) else { throw ProcessError.file("list", path, errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The path of the directory a path is in.
    public static func parent(of path: String) -> String {
        let trimmed = path[...].trimmingTrailingSlashes
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        let parent = trimmed[..<slash].trimmingTrailingSlashes
        return parent.isEmpty ? "/" : String(parent)
    }

    /// Syncs a directory's entries to the disk.
    static func sync(_ path: String) throws(ProcessError) {
        let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, to: "sync")
        guard fsync(directory.raw) == 0 else { throw ProcessError.file("sync", path, errno) }
    }
}

extension Substring {
    fileprivate var trimmingTrailingSlashes: Substring {
        var rest = self
        while rest.last == "/", rest.count > 1 { rest.removeLast() }
        return rest
    }
}
