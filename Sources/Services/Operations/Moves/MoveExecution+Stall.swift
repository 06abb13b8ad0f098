import FleetModel

/// Knows since when nothing has moved.
struct StallWatch: Sendable {
    var mark: (bytes: Int64, settled: Int)?
    var since = Duration.zero
    var saidAt: Duration?
}

extension MoveExecution {
    private static let examples = 5

    /// Words for a time without a byte and a partition forward; after too long of it, an end.
    mutating func watchStall(at now: Duration) -> [MoveAction] {
        let progress = progress
        let mark = (progress.copied.bytes, progress.settled)
        if stall.mark.map({ $0 == mark }) != true {
            stall = StallWatch(mark: mark, since: now)
            return []
        }
        let still = now - stall.since
        guard still >= MoveOptions.stallTime else { return [] }
        let stuck = oldestStuck()
        let words = stuck.map { "\($0.partition) (\($0.cause))" }.joined(separator: ", ")
        if still >= MoveOptions.stallLimit {
            return [
                .stop(
                    MoveProblem(
                        code: "stalled", object: stuck.first.map { "partition \($0.partition)" } ?? "the moves",
                        reason:
                            "no byte and no partition went forward for \(MoveOptions.stallLimit.components.seconds / 60) min: \(words)",
                        remedy: "mend the cause, then gantry operation resume"))
            ]
        }
        guard stall.saidAt.map({ now - $0 >= MoveOptions.stallRepeat }) ?? true else { return [] }
        stall.saidAt = now
        return [.say("stalled: nothing went forward for \(still.components.seconds) s: \(words)")]
    }

    /// The partitions that wait longest, with why.
    private func oldestStuck() -> [(partition: TopicPartition, cause: String)] {
        let room = DirectoryRoom(directories)
        let open = items.filter { item in
            switch item.state {
            case .settled, .gone: false
            default: true
            }
        }
        let oldest = open.sorted {
            ($0.state == .moving ? 0 : 1, $0.begun, $0.route.partition)
                < ($1.state == .moving ? 0 : 1, $1.begun, $1.route.partition)
        }
        return oldest.prefix(Self.examples).map { ($0.route.partition, cause($0, room)) }
    }

    private func cause(_ item: Item, _ room: DirectoryRoom) -> String {
        if item.state == .held(.foreign) { return "foreign reassignment" }
        if case .held(.refused(let reason)) = item.state { return reason }
        guard let hop = item.next else { return "unknown" }
        if let target = hop.adding {
            if !live.contains(target) { return "target down: broker \(target)" }
            if item.state == .waiting, !room.admits(hop.bytes, on: target) { return "disk full: broker \(target)" }
        }
        guard let leader = item.leader, live.contains(leader) else { return "no leader to copy from" }
        if item.copied >= hop.bytes, hop.bytes > .zero {
            return "throttle below ingress: all bytes are there, and it lags"
        }
        if item.inSync.count < item.list.count { return "source lagging: its ISR is not whole" }
        return "unknown"
    }

    /// How far it is.
    public var progress: MoveProgress {
        var progress = MoveProgress()
        var slow: [MoveProgress.Slow] = []
        for item in items where item.state != .gone {
            progress.partitions += 1
            if item.state == .settled { progress.settled += 1 }
            for (place, hop) in item.route.hops.enumerated() {
                progress.bytes += hop.bytes
                if place < item.hop { progress.copied += hop.bytes }
            }
            guard item.state == .moving, let hop = item.next else { continue }
            progress.moving += 1
            progress.copied += min(item.copied, hop.bytes)
            slow.append(
                .init(partition: item.route.partition, target: hop.adding, copied: item.copied, size: hop.bytes))
        }
        progress.slowest = Array(
            slow.sorted { ($1.size - $1.copied, $0.partition) < ($0.size - $0.copied, $1.partition) }.prefix(3))
        return progress
    }
}
