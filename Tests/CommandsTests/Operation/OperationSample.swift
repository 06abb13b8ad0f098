import FleetModel
import FleetRuntime
import OperationModel

/// An operation on two hosts, six steps, as its events tell it.
struct OperationSample {
    private(set) var record: OperationRecord
    private(set) var events: [JournaledEvent] = []

    init?() {
        let hosts = ["10.0.0.11", "10.0.0.12"].compactMap(HostName.init(rawValue:))
        guard let cluster = ClusterName(rawValue: "orders"), let clusterID = ClusterID(rawValue: "abc"),
            let id = OperationID(rawValue: "20260501-030000-3f9a")
        else { return nil }
        func step(_ name: String, _ host: HostName?, _ title: String) -> StepRecord {
            StepRecord(
                id: StepID(name, host?.rawValue ?? "cluster"), kind: name,
                subject: host.map { "host \($0)" } ?? "cluster",
                host: host, title: title + (host.map { " \($0)" } ?? ""), dependencies: [], payload: "{}")
        }
        let steps =
            hosts.map { step("bring-image", $0, "bring image kafka:4 to") }
            + hosts.map { step("start-nodes", $0, "start brokers on") }
            + [step("await-quorum", nil, "wait for the quorum"), step("check", nil, "send a record")]
        record = OperationRecord(
            id: id,
            plan: OperationPlan(
                command: "bootstrap", arguments: ["--no-canary"], cluster: cluster, clusterID: clusterID,
                reason: "new cluster", steps: steps, failurePolicy: .finishIndependent),
            createdAt: Timestamp(milliseconds: 1_777_604_400_000))
    }

    /// Gives it other steps.
    mutating func plan(_ steps: [StepRecord]) { record.plan.steps = steps }

    /// As if the last events had not come to the journal.
    mutating func forget(_ count: Int) { events.removeLast(count) }

    static let holder = Holder(techhost: "tech1", pid: 812, bootID: "b", startTicks: 1, user: "root (sudo: anna)")

    /// A worker on this techhost that a reboot has ended.
    static func goneHolder() throws -> Holder {
        var holder = try Holder.current()
        holder.bootID = "before"
        return holder
    }

    /// Appends an event `seconds` after the operation was made.
    mutating func add(_ seconds: Int64, _ event: OperationEvent) {
        events.append(
            JournaledEvent(
                sequence: Int64(events.count + 1), at: Timestamp(milliseconds: 1_777_604_400_000 + seconds * 1000),
                event: event))
    }

    /// Appends a step's begin and end.
    mutating func add(_ range: ClosedRange<Int64>, _ step: Int, _ outcome: StepOutcome) {
        add(range.lowerBound, .intent(record.plan.steps[step].id))
        add(range.upperBound, .outcome(record.plan.steps[step].id, outcome))
    }

    var progress: OperationProgress { .fold(record.plan, events) }

    /// The image fails on both hosts in the same way.
    static func failed() -> OperationSample? {
        guard var sample = OperationSample() else { return nil }
        sample.add(0, .started(holder))
        for index in [0, 1] {
            let host = sample.record.plan.steps[index].host?.rawValue ?? ""
            sample.add(
                1...3, index,
                .failed(
                    StepFailure(
                        code: "disk-full", what: "bringing the image kafka:4", object: "host \(host)",
                        reason: "there is no room under /var/lib/docker on \(host)",
                        remedy: "ssh \(host) docker system df shows by what", evidence: ["no space left on device"])))
        }
        sample.add(4, .ended(.failed(reason: "bring image")))
        return sample
    }

    /// Stopped by its operator, then gone on with to its end ten minutes later.
    static func resumed() -> OperationSample? {
        guard var sample = OperationSample() else { return nil }
        sample.add(0, .started(holder))
        sample.add(1...27, 0, .done(note: "sha256:0123"))
        sample.add(27, .outcome(sample.record.plan.steps[1].id, .unchanged(note: "sha256:0123")))
        sample.add(28, .requested(.stop))
        sample.add(28...30, 2, .done(note: nil))
        sample.add(30, .ended(.stopped(reason: "asked for; 3 steps remain")))
        sample.add(630, .started(holder))
        for step in 3..<6 { sample.add(630...631, step, .done(note: nil)) }
        sample.add(632, .ended(.done))
        return sample
    }
}
