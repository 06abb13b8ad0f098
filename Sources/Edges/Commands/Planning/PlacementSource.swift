import FleetConfiguration
import FleetModel
import FleetRuntime
import PlacementPlanning

/// What is planned on, and how plans are weighed: the options that all planning commands share.
struct PlacementSource {
    static let snapshot = Option<FilePath>(
        "snapshot", "plan on a saved placement instead of the running cluster (clusterstatus --save-snapshot)")
    static let sizes = Option<FilePath>(
        "sizes", "take sizes from kafka-log-dirs.sh's output or topicmappr's metrics", repeats: true)
    static let tolerance = Option<Percentage>(
        "tolerance", "how far a broker may lie from its share", default: "move.tolerance, else 10%")
    static let profile = Option<ProfileChoice>(
        "profile", "what wins where bytes are equal: even counts and leaders, or few moves", default: "balanced")
    static let pin = Option<String>("pin", placeholder: "TOPIC", "a topic whose replicas stay", repeats: true)
    static let exclude = Option<String>(
        "exclude", placeholder: "TOPIC", "a topic that is left alone wholly", repeats: true)
    static let topicsToMove = Option<FilePath>(
        "topics-to-move", "replicas of other topics stay: the file that kafka-reassign-partitions.sh takes")

    static let onlyPartitions = Option<FilePath>(
        "only-partitions", "leave all others alone wholly: the file that kafka-leader-election.sh takes")

    static let options: [any OptionKey] = [
        snapshot, sizes, tolerance, profile, pin, exclude, topicsToMove, onlyPartitions,
    ]

    private let snapshot: FilePath?
    private let sizes: [FilePath]
    private let topicsToMove: FilePath?
    private let onlyPartitions: FilePath?
    private let tolerance: PerMille?
    private let options: PlanningOptions

    init(_ arguments: ParsedArguments) {
        snapshot = arguments[Self.snapshot]
        sizes = arguments.all(Self.sizes)
        topicsToMove = arguments[Self.topicsToMove]
        onlyPartitions = arguments[Self.onlyPartitions]
        tolerance = arguments[Self.tolerance]?.share
        var options = PlanningOptions()
        options.profile = arguments[Self.profile]?.profile ?? .balanced
        options.pinnedTopics = arguments.all(Self.pin)
        options.excludedTopics = arguments.all(Self.exclude)
        options.narrower = Set(arguments.changes.accepted.compactMap { SpreadDomain(rawValue: $0.code) })
        self.options = options
    }

    /// Whether any of its options was given: without a plan's file they have nothing to do.
    var isGiven: Bool { snapshot != nil || !sizes.isEmpty }

    /// Whether `command` is planned by the planner alone: on a snapshot, or with options that its operation does not have.
    func isPlannersOwn(for command: String, _ arguments: ParsedArguments) -> Bool {
        isGiven || topicsToMove != nil || onlyPartitions != nil || arguments[Self.profile] != nil
            || !options.pinnedTopics.isEmpty
            || !options.excludedTopics.isEmpty || (tolerance != nil && command != "rebalance")
    }

    /// Files that are read.
    var files: [String] { ([snapshot, topicsToMove, onlyPartitions] + sizes).compactMap { $0?.path } }

    /// The saved placement and what the options say; or the running cluster's, and its fleet's.
    /// - Throws: status 4 where a file says what can't be, or a topic is named that there is not.
    func placement(in context: CommandContext) async throws -> (PlacementInput, PlanningOptions) {
        var (input, options) = try await unsized(in: context)
        for file in sizes {
            input = try WholeFile.parsed(file.path) { try input.applying(try SizeFile($0)) }
        }
        let topics = input.partitionsOfTopics.keys.sorted()
        if let topicsToMove {
            let chosen = try WholeFile.parsed(topicsToMove.path) { try KafkaFiles.topicsToMove($0) }
            try Self.refuseUnknown(chosen, topics, topicsToMove.path)
            options.pinnedTopics += Set(topics).subtracting(chosen).sorted()
        }
        if let onlyPartitions {
            let chosen = try WholeFile.parsed(onlyPartitions.path) { try KafkaFiles.preferredElection($0) }
            try Self.refuseUnknown(chosen, input, onlyPartitions.path)
            options.partitions = .only(chosen)
        }
        try Self.refuseUnknown(self.options.pinnedTopics, topics, "--pin")
        try Self.refuseUnknown(options.excludedTopics, topics, "--exclude")
        return (input, options)
    }

    private func unsized(in context: CommandContext) async throws -> (PlacementInput, PlanningOptions) {
        var options = options
        if let snapshot {
            options.tolerance = tolerance ?? options.tolerance
            return (try WholeFile.parsed(snapshot.path) { try SnapshotFile.read($0) }, options)
        }
        let configuration = try context.configuration()
        options.tolerance = tolerance ?? configuration.specification.move.tolerance
        let status = try await context.withSession(configuration) {
            try await $0.status(canary: false, directory: configuration.directory)
        }
        return (try PlacementInput(observed: status), options)
    }

    private static func refuseUnknown(
        _ named: [TopicPartition], _ input: PlacementInput, _ place: String
    ) throws(CommandError) {
        try refuseUnknown(named.map(\.topic), input.partitionsOfTopics.keys.sorted(), place)
        let unknown = named.filter { input.row(of: $0) == nil }
        guard let first = unknown.first else { return }
        throw CommandError(
            "unknown-partition",
            "there is no partition \(first)\(unknown.count > 1 ? ", and \(unknown.count - 1) more" : "")",
            object: place, next: "name partitions of the placement that is planned on", exit: .refused)
    }

    /// A topic's name with a slip in it would leave the topic that was meant to move.
    private static func refuseUnknown(
        _ named: [String], _ topics: [String], _ place: String
    ) throws(CommandError) {
        let known = Set(topics)
        let unknown = named.filter { !known.contains($0) }
        guard let first = unknown.first else { return }
        let meant = Spelling.meant(by: first, among: topics)
        throw CommandError(
            "unknown-topic",
            "there is no topic \(unknown.prefix(5).joined(separator: ", "))\(unknown.count > 5 ? ", …" : "")",
            object: place, reason: meant.map { "did you mean '\($0)'?" },
            next: topics.isEmpty
                ? "leave it out: there are no topics"
                : "name one of \(counted(topics.count, "topic")), such as \(topics[0])",
            exit: .refused)
    }
}
