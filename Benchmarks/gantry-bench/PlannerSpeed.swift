import FleetModel
import Glibc
import PlacementPlanning

/// How long a plan takes and how much memory, over sizes, and whether equal inputs give equal plans: a line of JSON.
enum PlannerSpeed {
    private static func grown(_ brokers: Int, _ added: Int, _ partitions: Int, _ topics: Int, _ racks: Int)
        -> ClusterFamily
    {
        ClusterFamily(
            name: "\(brokers)-to-\(brokers + added)x\(partitions)", brokers: brokers, partitions: partitions,
            topics: topics, sizes: .zipf(8), racks: racks, added: added)
    }

    private static let hundred = grown(100, 10, 20_000, 400, 5)
    private static let thousand = grown(1000, 50, 200_000, 2000, 10)

    private static let families =
        [
            grown(12, 2, 1000, 20, 4), grown(40, 4, 4000, 80, 4), hundred, grown(270, 30, 144_000, 1500, 6), thousand,
            grown(215, 10, 933_000, 5000, 5),
        ] + others(hundred) + others(thousand)

    /// The same cluster with other sizes, and with replicas laid out at random: sizes alone say little of a plan's time.
    private static func others(_ base: ClusterFamily) -> [ClusterFamily] {
        let sizes: [(SizeFamily, String)] = [
            (.zipf(5), "zipf-5"), (.zipf(8), "zipf-8"), (.zipf(11), "zipf-11"), (.lognormal, "lognormal"),
        ]
        return sizes.flatMap { sizes, label in
            [false, true].compactMap { skewed in
                if !skewed, sizes == base.sizes { return nil }
                var other = base
                (other.sizes, other.skewed) = (sizes, skewed)
                other.name += "-\(label)\(skewed ? "-skewed" : "")"
                return other
            }
        }
    }

    /// `planner-speed NAME RUNS [THREADS] [SNAPSHOT]`; without a name the names.
    static func run(_ arguments: [String]) async throws {
        guard arguments.count >= 2, let runs = Int(arguments[1]),
            let family = families.first(where: { $0.name == arguments[0] })
        else {
            print(families.map(\.name).joined(separator: "\n"))
            return
        }
        let threads = arguments.count > 2 ? Int(arguments[2]) ?? 1 : 1
        let began = processorTime()
        let input =
            arguments.count > 3 ? try SnapshotFile.read(try read(arguments[3])) : try family.input(seed: 1)
        let readTime = processorTime() - began
        let (_, before) = memory()
        var times: [Int] = []
        var plan = try measured(input, &times)
        let (peak, _) = memory()
        for _ in 1..<max(1, runs) where threads == 1 {
            let next = try measured(input, &times)
            guard next.digest == plan.digest else { fatalError("two plans of one input") }
            plan = next
        }
        if threads > 1 {
            let digests = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<runs { group.addTask { try Planner.plan(input, .rebalance(among: .all)).digest } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            guard digests == [plan.digest] else { fatalError("two plans of one input") }
        }
        times.sort()
        let violations = verify(plan, input).count
        let report = plan.report
        print(
            JSONValue.object(
                JSONObject([
                    ("instance", .string(family.name)), ("replicas", JSONValue(input.replicaCount)),
                    ("plan_ms_p50", JSONValue(times[times.count / 2] / 1000)),
                    ("plan_ms_least", JSONValue(times[0] / 1000)), ("runs", JSONValue(runs)),
                    ("threads", JSONValue(threads)), ("one_digest", JSONValue(true)),
                    ("nanoseconds_a_replica", JSONValue(times[times.count / 2] * 1000 / max(1, input.replicaCount))),
                    ("input_ms", JSONValue(readTime / 1000)), ("input_bytes", JSONValue(before)),
                    ("peak_bytes", JSONValue(peak)), ("moves", JSONValue(plan.moves.count)),
                    ("bytes_to_bound", .string(PlannerFamilies.ratio(report.bytes.bytes, report.lowerBound.bytes))),
                    ("leaders_fewest", JSONValue(report.leaders.fewest)),
                    ("leaders_most", JSONValue(report.leaders.most)),
                    ("bands_missed", JSONValue(report.missedBands.count)),
                    ("violations", JSONValue(violations)), ("digest", .string(plan.digest)),
                ])
            ).text())
    }

    private static func measured(_ input: PlacementInput, _ times: inout [Int]) throws -> MovePlan {
        let began = processorTime()
        let plan = try Planner.plan(input, .rebalance(among: .all))
        times.append(processorTime() - began)
        return plan
    }

    /// Microseconds of processor time of this process.
    private static func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    /// Bytes resident at the most and now: `VmHWM` and `VmRSS` of proc_pid_status(5).
    private static func memory() -> (peak: Int, now: Int) {
        guard let bytes = try? read("/proc/self/status") else { return (0, 0) }
        func value(_ name: String) -> Int {
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            let words = lines.first { $0.hasPrefix(name) }?.split { " \t".contains($0) } ?? []
            return (words.count > 1 ? Int(words[1]) ?? 0 : 0) << 10
        }
        return (value("VmHWM:"), value("VmRSS:"))
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw FileError.unreadable(path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var status = stat()
        if fstat(fileno(file), &status) == 0 { bytes.reserveCapacity(Int(status.st_size)) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    enum FileError: Error { case unreadable(String) }
}
