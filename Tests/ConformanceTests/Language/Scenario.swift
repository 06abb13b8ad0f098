import FleetModel

/// Something that is done to a cluster, and what must then be seen of it: a value, played on the simulated fleet and on
/// real hosts by the same code. Where the two differ, the simulator is wrong.
struct Scenario: Sendable, CustomStringConvertible {
    /// What it shows, as a sentence.
    let name: String
    /// Brokers that are dead before it begins. Scenarios with the same ones stand together: a restart takes ten seconds.
    let dead: Set<Int32>
    let steps: [Step]

    init(_ name: String, dead: Set<Int32> = [], _ steps: [Step]) {
        (self.name, self.dead, self.steps) = (name, dead, steps)
    }

    var description: String { name }

    /// Every scenario, in the order in which real hosts play them.
    static let all: [Scenario] = [
        moves, movesOverDeadBrokers, refusals, elections, settings, members, lives, quorum,
    ].flatMap(\.self)
}

/// A partition by the scenario's own short name of the topic: `a-0`.
struct Partition: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let topic: String
    let number: Int32

    init(stringLiteral value: String) {
        let parts = value.split(separator: "-")
        topic = String(parts.first ?? "")
        number = parts.count == 2 ? Int32(parts[1]) ?? -1 : -1
    }

    var description: String { "\(topic)-\(number)" }
}

/// What a call is to answer for its subject.
enum Answer: Hashable, Sendable, CustomStringConvertible {
    case done
    /// Refused with Kafka's code.
    case refused(Int16)

    var description: String {
        switch self {
        case .done: "done"
        case .refused(let code): "refused with \(code)"
        }
    }
}

/// What settings belong to, topics by their short names.
enum Owner: Hashable, Sendable {
    case topic(String)
    case broker(Int32)
    case allBrokers
}

/// One act, or one look.
enum Step: Sendable {
    // MARK: Kafka

    /// A topic with its replicas here, and so many MiB in each partition.
    case topic(String, [[Int32]], settings: [String: String] = [:], mebibytes: Int = 0, Answer = .done)
    /// A topic that Kafka places itself.
    case placedTopic(String, partitions: Int32, factor: Int16, Answer = .done)
    case deleteTopic(String)
    case reassign([(Partition, [Int32])], changingFactor: Bool = false, [Answer])
    case cancel(Partition, Answer = .done)
    case elect(Partition, Answer = .done)
    case set(Owner, [SettingChange], Answer = .done)
    /// Answers whether it was registered.
    case unregister(Int32, was: Bool)
    /// Answers whether it was a voter.
    case removeVoter(Int32, was: Bool)
    /// Answers whether it was none.
    case addVoter(Int32, wasNone: Bool)

    // MARK: Containers and hosts

    /// `docker kill`.
    case kill(Int32)
    /// SIGKILL from inside the host.
    case crash(Int32)
    case stop(Int32, grace: Duration = .seconds(330))
    case start(Int32)
    case remove(Int32)
    /// By number, from 1.
    case cutOff(Int)
    case stopDocker(Int)
    case heal(Int)

    // MARK: Looking

    case wait(Duration)
    /// Holds at some time within ten seconds, or so many.
    case expect(Expectation, within: Duration = .seconds(10))
    /// Holds, and goes on holding for so long.
    case holds(Expectation, for: Duration)

    // MARK: Short forms

    static func move(_ partition: Partition, to replicas: [Int32], _ answer: Answer = .done) -> Step {
        .reassign([(partition, replicas)], [answer])
    }

    /// A replication throttle of so many bytes a second on one partition, as Kafka's own tool would set it.
    static func throttle(_ partition: Partition, leaders: [Int32], followers: [Int32], rate: Int) -> [Step] {
        Set(leaders + followers).sorted().map { id in
            .set(
                .broker(id),
                [
                    SettingChange("leader.replication.throttled.rate", .set("\(rate)")),
                    SettingChange("follower.replication.throttled.rate", .set("\(rate)")),
                ])
        } + [
            .set(
                .topic(partition.topic),
                [
                    SettingChange(
                        "leader.replication.throttled.replicas", .append(leaders.map { "\(partition.number):\($0)" })),
                    SettingChange(
                        "follower.replication.throttled.replicas",
                        .append(followers.map { "\(partition.number):\($0)" })),
                ])
        ]
    }

    static func unthrottle(_ topic: String, brokers: [Int32]) -> [Step] {
        [
            .set(
                .topic(topic),
                [
                    SettingChange("leader.replication.throttled.replicas", .delete),
                    SettingChange("follower.replication.throttled.replicas", .delete),
                ])
        ]
            + brokers.map { id in
                .set(
                    .broker(id),
                    [
                        SettingChange("leader.replication.throttled.rate", .delete),
                        SettingChange("follower.replication.throttled.rate", .delete),
                    ])
            }
    }
}

/// What can be seen of a cluster.
enum Expectation: Sendable {
    /// Metadata's list, the preferred leader first.
    case replicas(Partition, [Int32])
    case inSync(Partition, Set<Int32>)
    /// Replicas that should be in sync and are not, those that are only being added left out.
    case lagging(Partition, Set<Int32>)
    case leader(Partition, Int32?)
    /// One of these leads: which one is open.
    case ledByOneOf(Partition, Set<Int32>)
    /// In the list of moves, with these.
    case moving(Partition, adding: Set<Int32>, removing: Set<Int32>)
    case settled(Partition)
    case absent(topic: String)
    case serving(Set<Int32>)
    case fenced(Int32)
    case unregistered(Int32)
    /// Docker's state, exit code and restarts; nil: whatever.
    case container(Int32, state: String, exitCode: Int32? = nil, restarts: Int? = nil)
    case noContainer(Int32)
    /// `ok`, `unreachable` or `docker_down`.
    case host(Int, String)
    /// The value that is set while the cluster runs; nil: none.
    case setting(Owner, String, String?)
    /// Nobody can tell.
    case settingUnknown(Owner, String)
    case cordoned(Int32, Bool)
    /// Whether the broker has files of the partition.
    case hasLog(Int32, Partition, Bool)
    case canary(Int32, ok: Bool)
    case voters(Set<Int32>)
    case activeController(Set<Int32>)
    /// None of these has replicas of the topic.
    case avoids(topic: String, Set<Int32>)
}
