import FleetModel
import Operations

/// `kafka-storage.sh format`, as far as a bootstrap can meet it.
enum StorageTool {
    /// Runs the command of a one-off container.
    static func run(
        _ command: [String], mounts: [String], on host: HostName, _ found: inout SimulatedHost,
        _ state: inout FleetState
    ) -> OneOffResult {
        guard command.first == InImagePath.storage, command.dropFirst().first == "format" else {
            return OneOffResult(exitCode: 127, output: ["no such program: \(command.first ?? "")"])
        }
        func value(_ option: String) -> String? {
            command.firstIndex(of: option).flatMap { command.indices.contains($0 + 1) ? command[$0 + 1] : nil }
        }
        func refusal(_ line: String) -> OneOffResult { OneOffResult(exitCode: 1, output: [line]) }
        guard let file = value("-c"), let text = found.files[file]?.contents else {
            return refusal("java.nio.file.NoSuchFileException: \(value("-c") ?? "")")
        }
        guard let clusterID = value("-t").flatMap(ClusterID.init(rawValue:)) else {
            return refusal("argument -t/--cluster-id is required")
        }
        let properties = NodeProperties(String(decoding: text, as: UTF8.self))
        guard let node = properties.node, !properties.directories.isEmpty else {
            return refusal("node.id or log.dirs is missing in \(file)")
        }
        let voters = (value("--initial-controllers") ?? "").split(separator: ",").compactMap(voter)
        let isController = properties.values["process.roles"]?.contains("controller") == true
        if isController, voters.isEmpty, !command.contains("--no-initial-controllers") {
            return refusal(
                "you must specify one of the following: --standalone, --initial-controllers, or --no-initial-controllers."
            )
        }
        for directory in properties.directories {
            guard mounts.contains(where: { directory == $0 || directory.hasPrefix($0 + "/") }) else {
                return refusal("\(directory) is not mounted into the container")
            }
            guard let present = found.formatted[directory] else { continue }
            guard command.contains("-g") else { return refusal("Log directory \(directory) is already formatted.") }
            guard present.clusterID == clusterID else {
                return refusal(
                    "Invalid cluster.id in: \(directory)/meta.properties. Expected \(clusterID), but read "
                        + "\(present.clusterID?.rawValue ?? "")")
            }
        }
        for directory in properties.directories where found.formatted[directory] == nil {
            let given = voters.first { $0.id == node }?.directory
            found.formatted[directory] = MetaProperties(
                clusterID: clusterID, nodeID: node, directoryID: given ?? directoryID(&state))
            state.effects.append("format \(host):\(directory)")
        }
        if isController, !voters.isEmpty { state.kafka.formQuorum(of: voters, cluster: clusterID) }
        return OneOffResult(exitCode: 0, output: ["Formatting metadata directory \(properties.directories[0])"])
    }

    /// `9001@10.0.0.11:19092:DIRECTORYID`.
    private static func voter(_ text: Substring) -> SimulatedVoter? {
        guard let at = text.firstIndex(of: "@"), let id = NodeID(text[..<at]),
            let directory = text.split(separator: ":").last.flatMap({ DirectoryID(rawValue: String($0)) })
        else { return nil }
        return SimulatedVoter(id: id, directory: directory)
    }

    private static func directoryID(_ state: inout FleetState) -> DirectoryID? {
        // Some of the possible ids are reserved, so that one in many tries gives none.
        for _ in 0..<8 { if let id = DirectoryID(bytes: state.randomBytes(16)) { return id } }
        return nil
    }
}
