import FleetModel
import HealthRules

/// How the free room of each data directory changes, and when it will be gone. A value: thresholds see only what is, this
/// sees where it goes.
struct DiskTrend {
    private struct Place: Hashable {
        var host: HostName
        var path: String
    }
    private struct Sample {
        var at: Duration
        var free: Int64
    }

    /// Kept so long: a day's pattern must not be taken for a trend, and an hour of moving data is one.
    private static let memory: Duration = .seconds(6 * 3600)
    /// Nothing is said of a shorter time.
    private static let shortest: Duration = .seconds(600)
    /// One sample each: some three hundred of each directory.
    private static let spacing: Duration = .seconds(75)
    private static let warning: Duration = .seconds(24 * 3600)
    private static let critical: Duration = .seconds(2 * 3600)

    private var samples: [Place: [Sample]] = [:]

    /// Takes in what was seen at `uptime`.
    mutating func take(_ hosts: [HostObservation], uptime: Duration) {
        for host in hosts {
            for disk in host.disks {
                let place = Place(host: host.host, path: disk.path)
                var known = samples[place] ?? []
                if let last = known.last, uptime - last.at < Self.spacing { continue }
                // Room that was made is a new beginning: retention deletes in steps.
                if let last = known.last, disk.free.bytes > last.free + disk.total.bytes / 100 { known = [] }
                known.append(Sample(at: uptime, free: disk.free.bytes))
                known.removeAll { uptime - $0.at > Self.memory }
                samples[place] = known
            }
        }
        let present = Set(hosts.map(\.host))
        samples = samples.filter { present.contains($0.key.host) }
    }

    /// Directories that will be full within a day, at the rate of what was seen.
    var findings: [Finding] {
        samples.compactMap { place, known -> Finding? in
            guard let left = Self.timeToFull(known), left < Self.warning else { return nil }
            return Finding(
                rule: "disk-filling", severity: left < Self.critical ? .critical : .warning,
                subject: "host \(place.host)",
                evidence: "\(place.path) will be full in \(Self.words(left)) if it goes on like this",
                remedy: "free space under \(place.path), lower the retention of the largest topics, or move data away: "
                    + "gantry rebalance",
                host: place.host)
        }.sorted { ($1.severity, $0.subject) < ($0.severity, $1.subject) }
    }

    /// By the line through the samples with the smallest squares of error; nil where it does not fall, or too little is known.
    private static func timeToFull(_ samples: [Sample]) -> Duration? {
        guard let first = samples.first, let last = samples.last, last.at - first.at >= shortest, samples.count >= 4
        else { return nil }
        let points = samples.map { (x: seconds($0.at - first.at), y: Double($0.free)) }
        let count = Double(points.count)
        let (x, y) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
        let spread = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
        let slope = points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / max(spread, 1)
        guard slope < 0 else { return nil }
        let left = Double(last.free) / -slope
        return left < seconds(warning) ? .seconds(Int64(left)) : nil
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func words(_ left: Duration) -> String {
        let minutes = left.components.seconds / 60
        return minutes < 120 ? "\(minutes) minutes" : "\(minutes / 60) hours"
    }
}
