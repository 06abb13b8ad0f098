import FleetModel
import OperationModel

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
        // What waits for its hours is not stuck.
        let isWaiting = heldBack > 0 && progress.moving == 0
        if isWaiting || stall.mark.map({ $0 == mark }) != true {
            stall = StallWatch(mark: mark, since: now)
            return []
        }
        let still = now - stall.since
        guard still >= MoveOptions.stallTime else { return [] }
        let stuck = stuck(at: now)
        let words = stuck.map { "\($0.partition) (\($0.words))" }.joined(separator: ", ")
        if still >= MoveOptions.stallLimit {
            return [
                .stop(
                    MoveProblem(
                        code: "stalled", object: stuck.first.map { "partition \($0.partition)" } ?? "the moves",
                        reason:
                            "no byte and no partition went forward for \(MoveOptions.stallLimit.components.seconds / 60) min: \(words)",
                        remedy: "\(stuck.first?.next ?? "mend the cause"), then gantry operation resume"))
            ]
        }
        guard stall.saidAt.map({ now - $0 >= MoveOptions.stallRepeat }) ?? true else { return [] }
        stall.saidAt = now
        var nexts: [String] = []
        for one in stuck where !nexts.contains(one.next) { nexts.append(one.next) }
        return [
            .say(
                "stalled: nothing went forward for \(still.components.seconds) s: \(words)"
                    + (nexts.isEmpty ? "" : "; next: \(nexts.joined(separator: ", or "))"))
        ]
    }

    /// Since when nothing has gone forward, once that counts as a stall.
    func stalledSince(at now: Duration) -> Duration? {
        stall.mark != nil && now - stall.since >= MoveOptions.stallTime ? stall.since : nil
    }

    /// The partitions that wait longest, with why and what to do.
    func stuck(at now: Duration) -> [StepProgress.Stuck] {
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
        return oldest.prefix(Self.examples).map { item in
            let (cause, detail, next) = cause(item, room)
            return StepProgress.Stuck(partition: item.route.partition, cause: cause, detail: detail, next: next)
        }
    }

    private func cause(_ item: Item, _ room: DirectoryRoom) -> (cause: String, detail: String, next: String) {
        let look = "gantry clusterstatus"
        switch item.state {
        case .held(.foreign):
            return (
                "foreign reassignment", "somebody else moves it",
                "wait until kafka-reassign-partitions.sh --list shows nothing"
            )
        case .held(.homeless(let reason)):
            let missing = missing(item).sorted().map(\.description).joined(separator: ", ")
            return ("target down", "broker \(missing), and no other will do: \(reason)", "bring it back: \(look)")
        case .held(.refused(let reason)): return ("unknown", reason, look)
        default: break
        }
        guard let hop = item.next else { return ("unknown", "", look) }
        if let target = hop.adding {
            if !live.contains(target) { return ("target down", "broker \(target)", look) }
            if item.state == .waiting, !room.admits(hop.bytes, on: target) {
                return ("disk full", "broker \(target)", "make room there: \(look) shows its disks")
            }
        }
        // A move ends only once every replica of its list is in sync, those that stay too.
        if item.state == .moving, let dead = hop.target.first(where: { !live.contains($0) }) {
            return ("target down", "broker \(dead), which keeps its replica", "bring it back: \(look)")
        }
        guard let leader = item.leader, live.contains(leader) else {
            return ("source lagging", "no leader to copy from", look)
        }
        if item.copied >= hop.bytes, hop.bytes > .zero {
            return (
                "throttle below ingress", "all bytes are there, and it lags",
                "gantry operation set throttle=RATE with a higher rate"
            )
        }
        if item.inSync.count < item.list.count { return ("source lagging", "its ISR is not whole", look) }
        // A copy is fetched: what it fails by stands in the log of the one that fetches.
        let logs = hop.adding.map { "the logs of broker \($0), which fetches it, and of" } ?? "the log of"
        return ("unknown", "", "gantry operation log, and \(logs) broker \(leader)")
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
            guard let hop = item.next else { continue }
            // What has just ended keeps its bytes until a listing has it at its place.
            if item.state == .moving || item.state.isUnconfirmed { progress.copied += min(item.copied, hop.bytes) }
            guard item.state == .moving else { continue }
            progress.moving += 1
            slow.append(
                .init(partition: item.route.partition, target: hop.adding, copied: item.copied, size: hop.bytes))
        }
        progress.slowest = Array(
            slow.sorted { ($1.size - $1.copied, $0.partition) < ($0.size - $0.copied, $1.partition) }.prefix(3))
        return progress
    }
}

extension StepProgress.Stuck {
    /// `disk full: broker 2`.
    var words: String { detail.isEmpty ? cause : "\(cause): \(detail)" }
}
