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

    /// Whether the boot id is a file of its own, mounted over the kernel's: systemd-nspawn gives a container one.
    public static var hasMountedBootID: Bool {
        guard let bytes = try? BoundedFile.read("/proc/self/mountinfo", limit: 1 << 22) else { return false }
        return String(decoding: bytes, as: UTF8.self).contains(" /proc/sys/kernel/random/boot_id ")
    }

    /// The machine's name as gethostname(2) says it.
    public static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Seconds that the machine's clock is ahead of UTC now, in its time zone.
    public static var utcOffset: Int {
        var (now, local) = (time(nil), tm())
        return localtime_r(&now, &local) == nil ? 0 : local.tm_gmtoff
    }

    /// The time on the wall, as the duration since 1970-01-01T00:00:00Z. For intervals take `ContinuousClock`.
    public static var wallTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
