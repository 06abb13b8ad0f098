internal import Glibc

/// Facts about the machine this process runs on.
public enum Machine {
    /// The id of this boot: another one after every restart.
    ///
    /// - Throws: `ProcessError` when `/proc` is not mounted.
    public static func bootID() throws(ProcessError) -> String {
        let bytes = try BoundedFile.read("/proc/sys/kernel/random/boot_id", limit: 256)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The machine's name as gethostname(2) says it.
    public static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The time on the wall, as the duration since 1970-01-01T00:00:00Z. For intervals take `ContinuousClock`.
    public static var wallTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
