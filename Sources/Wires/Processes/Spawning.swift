internal import CSystem
internal import Glibc

/// Starts one program in a session of its own; the descriptors stay the caller's.
///
/// A session is a process group that can be signalled, and it has no controlling terminal: ssh's helpers would ask for
/// passwords on ours.
///
/// - Throws: `executableMissing`, `directoryMissing`, `notPermitted` or `spawnFailed`.
func spawn(
    _ invocation: Invocation, input: Int32, output: Int32, error: Int32
) throws(ProcessError) -> pid_t {
    let arguments = CStrings([invocation.executable] + invocation.arguments)
    let environment = invocation.environment.entries.map(CStrings.init)
    let directory = invocation.workingDirectory.map { CStrings([$0]) }
    guard arguments.isIntact, environment?.isIntact != false, directory?.isIntact != false else {
        throw ProcessError(
            .spawnFailed, subject: invocation.executable, reason: "an argument or variable has a zero byte in it")
    }
    var child: pid_t = -1
    var request = csystem_spawn(
        executable: arguments.first, arguments: arguments.pointer, environment: environment?.pointer,
        directory: directory?.first, input: input, output: output, error: error)
    let failure = csystem_process_spawn(&request, &child)
    guard failure == 0 else { throw spawnError(failure, invocation) }
    return child
}

private func spawnError(_ error: Int32, _ invocation: Invocation) -> ProcessError {
    if let directory = invocation.workingDirectory, access(directory, X_OK) != 0 {
        return ProcessError(
            .directoryMissing, subject: invocation.executable,
            reason: "cannot start in \(directory): \(ProcessError.words(errno))")
    }
    switch error {
    case ENOENT:
        return ProcessError(
            .executableMissing, subject: invocation.executable, reason: "there is no such program",
            remedy: "install it, or check PATH")
    case EACCES, EPERM:
        return ProcessError(
            .notPermitted, subject: invocation.executable, reason: "it may not be run",
            remedy: "check that it is executable")
    default:
        return ProcessError(
            .spawnFailed, subject: invocation.executable, reason: "cannot start it: \(ProcessError.words(error))")
    }
}

extension ChildEnvironment {
    /// `NAME=value` entries, or nil for this process's own environment as it is.
    fileprivate var entries: [String]? {
        switch self {
        case .inherited: return nil
        case .only(let variables): return variables.map { "\($0.key)=\($0.value)" }
        case .inheritedWith(let changes):
            var entries = changes.compactMap { name, value in value.map { "\(name)=\($0)" } }
            guard var next = csystem_process_environment() else { return entries }
            while let entry = next.pointee {
                let text = String(cString: entry)
                let name = text.utf8.prefix { $0 != UInt8(ascii: "=") }
                if !changes.keys.contains(String(Substring(name))) { entries.append(text) }
                next += 1
            }
            return entries
        }
    }
}

/// A null-terminated array of C strings.
private final class CStrings {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    let isIntact: Bool
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        isIntact = strings.allSatisfy { !$0.utf8.contains(0) }
        pointer = .allocate(capacity: count + 1)
        pointer.initialize(repeating: nil, count: count + 1)
        for (index, string) in strings.enumerated() { pointer[index] = strdup(string) }
    }

    var first: UnsafePointer<CChar>? { pointer.pointee.map { UnsafePointer($0) } }

    deinit {
        for index in 0..<count { free(pointer[index]) }
        pointer.deallocate()
    }
}
