import Glibc

/// How many files the process may have open (`ulimit -n`). Libraries end a process that runs out of them without a word, so
/// what can't be raised to enough is refused first.
enum DescriptorLimit {
    /// For a fleet of 200 hosts with four descriptors each, and a thousand brokers' connections.
    private static let wanted: rlim_t = 4096
    /// For one host and the process itself.
    private static let least: rlim_t = 64

    /// Raises the limit as far as it may be.
    /// - Returns: the limit where it is too low to work at all; nil where it is enough.
    static func raise() -> rlim_t? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return nil }
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            guard setrlimit(__rlimit_resource_t(7), &limit) == 0 else { return nil }
        }
        return limit.rlim_cur < least ? limit.rlim_cur : nil
    }

    /// Says so with nothing but a system call.
    static func refuse(_ limit: rlim_t) {
        let text =
            "gantry: only \(limit) files may be open, and \(least) are the least that it takes\n"
            + "  next: raise the limit: ulimit -n 4096 (LimitNOFILE= of a service)\n"
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
