import Glibc

/// A file of a new fleet directory.
public struct TemplateFile: Hashable, Sendable {
    /// Relative to the fleet directory.
    public var path: String
    /// Its text.
    public var contents: String
    /// Permission bits.
    public var mode: UInt16
}

/// What `gantry init` did with one file.
public struct InitializedFile: Hashable, Sendable {
    /// Relative to the fleet directory.
    public var path: String
    /// false: it was there already and is as it was.
    public var isNew: Bool
}

/// The contents of a new fleet directory.
public enum FleetTemplates {
    /// The version of Kafka that a new fleet begins with.
    public static let version = "4.3.1"

    /// Every file, in the order in which an operator reads them.
    /// - Parameters:
    ///   - simulated: a fleet that lives in the directory alone, without hosts.
    ///   - assumptions: the text of `assumptions.txt`.
    /// - Returns: the files; `defaults.cfg` among them is valid as it is.
    public static func files(simulated: Bool, assumptions: String) -> [TemplateFile] {
        [
            TemplateFile(path: "defaults.cfg", contents: defaults(simulated: simulated), mode: 0o644),
            TemplateFile(path: "assumptions.txt", contents: assumptions, mode: 0o644),
            TemplateFile(path: "k/docker-compose.yml", contents: compose, mode: 0o644),
            TemplateFile(path: "k/Dockerfile", contents: dockerfile, mode: 0o644),
            TemplateFile(path: "k/Dockerfile.airgapped", contents: airgapped, mode: 0o644),
            TemplateFile(
                path: "hooks.d/README",
                contents:
                    hooks, mode: 0o644),
            TemplateFile(
                path: "monitor.d/README",
                contents:
                    "Every executable here gets each incident of 'gantry dockmon' as one line of JSON on standard "
                    + "input.\n", mode: 0o644),
        ]
    }

    /// Writes the files into `directory`, which is made when it is missing. A file that exists is left as it is.
    /// - Parameters:
    ///   - directory: where to.
    ///   - simulated: a fleet that lives in the directory alone.
    ///   - assumptions: the text of `assumptions.txt`.
    /// - Returns: what was written and what was there already.
    /// - Throws: `ConfigurationError` with code `.unwritable`; files written before it stay.
    public static func write(
        to directory: FleetDirectory, simulated: Bool, assumptions: String
    ) throws(ConfigurationError) -> [InitializedFile] {
        var result: [InitializedFile] = []
        for file in files(simulated: simulated, assumptions: assumptions) {
            let path = directory.file(file.path)
            try makeDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
            let isNew = try create(path, Array(file.contents.utf8), mode: file.mode)
            result.append(InitializedFile(path: file.path, isNew: isNew))
        }
        return result
    }

    private static func makeDirectory(_ path: String) throws(ConfigurationError) {
        var parent = ""
        for part in path.split(separator: "/") {
            parent += "/\(part)"
            guard mkdir(parent, 0o755) != 0, errno != EEXIST else { continue }
            let number = errno
            var status = stat()
            // A parent that may not be written to is no failure when it is there.
            if stat(parent, &status) == 0 { continue }
            throw unwritable(parent, SmallFile.words(number))
        }
    }

    /// Whether the file was made: false when one of that name exists.
    private static func create(_ path: String, _ bytes: [UInt8], mode: UInt16) throws(ConfigurationError) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(mode))
        if descriptor < 0, errno == EEXIST { return false }
        guard descriptor >= 0 else { throw unwritable(path, SmallFile.words(errno)) }
        var rest = bytes[...]
        var failure: Int32 = 0
        while !rest.isEmpty, failure == 0 {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { failure = errno }
        }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        guard failure == 0 else {
            // Half a file would be kept as the operator's own by the next run.
            unlink(path)
            throw unwritable(path, SmallFile.words(failure))
        }
        return true
    }

    private static func unwritable(_ path: String, _ why: String) -> ConfigurationError {
        ConfigurationError(
            code: .unwritable, message: "\(path) cannot be written: \(why)",
            remedy: "choose a directory that this user may write to: 'gantry init DIR'")
    }
}
