public import FleetModel
public import OperationModel

/// How an operation went on a copy of the fleet.
public struct RehearsalResult: Sendable {
    /// What the operation did, and for how long.
    public struct Stage: Hashable, Sendable {
        /// The step, as it stands in the plan.
        public var title: String
        /// When it began, since the operation's beginning.
        public var begins: Duration
        /// How long it took.
        public var takes: Duration
        /// The worst that partitions came to meanwhile.
        public var margins: PartitionMargins
        /// The most leaders that one broker had.
        public var mostLeaders: Int
        /// The fullest disk.
        public var fullest: Fullness?
    }

    /// How full a disk was.
    public struct Fullness: Hashable, Sendable {
        /// Its host.
        public var host: HostName
        /// The data directory that it is mounted at.
        public var path: String
        /// Bytes in use.
        public var used: ByteCount
        /// Its size.
        public var total: ByteCount

        /// In thousandths; of a disk without a size, all of it.
        public var share: PerMille {
            guard total.bytes > 0 else { return PerMille(1000) }
            return PerMille(Int64((Double(used.bytes) / Double(total.bytes) * 1000).rounded()))
        }
    }

    /// A broker's data and leaders.
    public struct Broker: Hashable, Sendable {
        /// The broker.
        public var id: NodeID
        /// Its host.
        public var host: HostName
        /// Bytes of its logs before, at most, and afterwards: at most with the files of replicas that left, which take
        /// space for another minute, and afterwards without.
        public var bytes: Course<ByteCount>
        /// Leaders before, at most, and afterwards.
        public var leaders: Course<Int>
    }

    /// A disk's use.
    public struct Disk: Hashable, Sendable {
        /// Its host.
        public var host: HostName
        /// The data directory that it is mounted at.
        public var path: String
        /// Its size.
        public var total: ByteCount
        /// Bytes in use before, at most, and afterwards, when what was moved away is deleted.
        public var used: Course<ByteCount>
    }

    /// What the loss of a host would mean.
    public struct Loss: Hashable, Sendable {
        /// The host.
        public var host: HostName
        /// Before the operation.
        public var before: LossMargins
        /// At the worst moment of it.
        public var worst: LossMargins
        /// The step of that moment; nil where it is no worse than before.
        public var during: String?
    }

    /// A number before, at its greatest, and afterwards.
    public struct Course<Value: Hashable & Comparable & Sendable>: Hashable, Sendable {
        /// Before.
        public var before: Value
        /// The greatest.
        public var peak: Value
        /// Afterwards.
        public var after: Value
    }

    /// How the operation ended; nil where it had not ended within `took`.
    public var ending: OperationEnding?
    /// How long it took.
    public var took: Duration
    /// What its steps did, in the order in which they began.
    public var stages: [Stage]
    /// The brokers, by id.
    public var brokers: [Broker]
    /// The disks, by host.
    public var disks: [Disk]
    /// What the loss of each host would mean, by host.
    public var losses: [Loss]
    /// How partitions stood before.
    public var before: PartitionMargins
    /// The worst that they came to.
    public var worst: PartitionMargins

    /// What of it should be thought about before the operation is begun.
    public var warnings: [String] {
        var warnings: [String] = []
        if worst.offline > before.offline {
            warnings.append("\(worst.offline - before.offline) more partitions are without a leader for a while")
        }
        if worst.underMinInSync > before.underMinInSync {
            warnings.append(
                "\(worst.underMinInSync - before.underMinInSync) more partitions fall below min.insync.replicas for a while"
            )
        }
        for disk in disks where disk.used.peak > disk.used.before {
            let fullness = Fullness(host: disk.host, path: disk.path, used: disk.used.peak, total: disk.total)
            if fullness.share >= Self.nearlyFull {
                warnings.append("\(disk.path) on \(disk.host) fills to \(fullness.share)")
            }
        }
        return warnings
    }

    /// A disk of which more is in use has no room for what comes in meanwhile.
    private static let nearlyFull = PerMille(900)
}

extension RehearsalResult {
    /// Puts together what was seen: `pictures` in the order of their times, the first one from before.
    init(_ pictures: [FleetPicture], _ progress: OperationProgress, epoch: Timestamp, ending: OperationEnding?) {
        self.ending = ending
        let first = pictures.first?.at ?? .zero
        let start = progress.startedAt?.since(epoch) ?? first
        let last = pictures.last?.at ?? first
        took = max(.zero, last - start)
        stages = []
        before = pictures.first?.margins ?? PartitionMargins()
        worst = pictures.reduce(before) { $0.worst($1.margins) }
        let steps = progress.plan.steps.indices.compactMap { place -> (Int, Duration, Duration)? in
            guard let begun = progress.times[place].begun else { return nil }
            return (place, begun.since(epoch), progress.times[place].ended?.since(epoch) ?? last)
        }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
        for (place, begun, ended) in steps {
            stages.append(
                Stage(
                    progress.plan.steps[place].title, begins: begun - start, takes: ended - begun,
                    Self.seen(pictures, begun, ended)))
        }
        func title(at time: Duration) -> String? {
            steps.last { $0.1 <= time }.map { progress.plan.steps[$0.0].title }
        }
        brokers = Self.brokers(pictures)
        disks = Self.disks(pictures)
        losses = Self.losses(pictures, title)
    }

    /// What was seen between two times, and right before: short steps fall between two looks.
    private static func seen(_ pictures: [FleetPicture], _ begun: Duration, _ ended: Duration) -> ArraySlice<
        FleetPicture
    > {
        let first = max(0, (pictures.firstIndex { $0.at > begun } ?? pictures.count) - 1)
        let end = pictures.firstIndex { $0.at > ended } ?? pictures.count
        return pictures[first..<max(first, end)]
    }

    private static func brokers(_ pictures: [FleetPicture]) -> [Broker] {
        var found: [NodeID: Broker] = [:]
        for (place, picture) in pictures.enumerated() {
            for broker in picture.brokers {
                var entry =
                    found[broker.id]
                    ?? Broker(
                        id: broker.id, host: broker.host,
                        bytes: Course(
                            before: place == 0 ? broker.bytes : .zero, peak: broker.bytes, after: broker.bytes),
                        leaders: Course(
                            before: place == 0 ? broker.leaders : 0, peak: broker.leaders, after: broker.leaders))
                entry.bytes.take(broker.bytes, lasting: broker.ownBytes)
                entry.leaders.take(broker.leaders, lasting: broker.leaders)
                found[broker.id] = entry
            }
        }
        return found.values.sorted { $0.id < $1.id }
    }

    private static func disks(_ pictures: [FleetPicture]) -> [Disk] {
        var found: [[String]: Disk] = [:]
        for picture in pictures {
            for disk in picture.disks {
                var entry =
                    found[[disk.host.rawValue, disk.path]]
                    ?? Disk(
                        host: disk.host, path: disk.path, total: disk.total,
                        used: Course(before: disk.used, peak: disk.used, after: disk.used))
                entry.used.take(disk.used, lasting: disk.lasting)
                found[[disk.host.rawValue, disk.path]] = entry
            }
        }
        return found.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }

    private static func losses(_ pictures: [FleetPicture], _ title: (Duration) -> String?) -> [Loss] {
        guard let first = pictures.first else { return [] }
        return first.losses.keys.sorted().map { host in
            let before = first.losses[host] ?? LossMargins()
            var loss = Loss(host: host, before: before, worst: before, during: nil)
            for picture in pictures {
                guard let now = picture.losses[host], LossMargins.isLess(loss.worst, now) else { continue }
                loss.worst = now
                loss.during = title(picture.at)
            }
            return loss
        }
    }
}

extension RehearsalResult.Stage {
    fileprivate init(_ title: String, begins: Duration, takes: Duration, _ pictures: ArraySlice<FleetPicture>) {
        self.title = title
        self.begins = begins
        self.takes = takes
        margins = pictures.dropFirst().reduce(pictures.first?.margins ?? PartitionMargins()) { $0.worst($1.margins) }
        mostLeaders = pictures.flatMap(\.brokers).map(\.leaders).max() ?? 0
        fullest = pictures.flatMap(\.disks).map {
            RehearsalResult.Fullness(host: $0.host, path: $0.path, used: $0.used, total: $0.total)
        }.max { $0.share < $1.share }
    }
}

extension RehearsalResult.Course {
    /// Takes a look in: `lasting` is what is left of `value` where nothing happens any more.
    fileprivate mutating func take(_ value: Value, lasting: Value) {
        peak = max(peak, value)
        after = lasting
    }
}
