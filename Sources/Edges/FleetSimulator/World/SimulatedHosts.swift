public import FleetModel
public import Observation
public import Operations

extension SimulatedFleet: HostSource, HostControl {
    private static let room = ByteCount(100 << 30)

    /// Disks and memory of the host.
    public func facts(of host: HostName) async throws(HostProblem) -> HostFacts {
        try await withHost(host, .look) { _, _ throws(HostProblem) in
            HostFacts(disks: [DiskObservation(path: "/var/lib/kafka-docker", total: Self.room, free: Self.room)])
        }
    }

    /// Everything bootstrap must know.
    public func inspect(_ host: HostName, _ question: HostQuestion) async throws(HostProblem) -> HostAnswers {
        try await withHost(host, .look) { found, _ throws(HostProblem) in
            HostAnswers(
                privileged: true, architecture: "x86_64", compose: .v2, listening: found.foreignPorts,
                disks: question.data.map { DiskObservation(path: $0, total: Self.room, free: Self.room) },
                formatted: found.formatted,
                memory: found.files[OnHostPath.layout(of: question.cluster)].map {
                    String(decoding: $0.contents, as: UTF8.self)
                })
        }
    }

    /// Paths whose file is absent or another.
    public func differing(_ files: [FileToPlace], on host: HostName) async throws(HostProblem) -> [String] {
        try await withHost(host, .look) { found, _ throws(HostProblem) in
            files.filter { found.files[$0.path] != $0 }.map(\.path)
        }
    }

    /// Places files.
    public func place(_ files: [FileToPlace], on host: HostName) async throws(HostProblem) -> [String] {
        try await withHost(host, .change) { found, state throws(HostProblem) in
            let changed = files.filter { found.files[$0.path] != $0 }
            for file in changed {
                found.files[file.path] = file
                state.effects.append("place \(host):\(file.path)")
            }
            return changed.map(\.path)
        }
    }

    /// A placed file.
    public func contents(of path: String, on host: HostName) async throws(HostProblem) -> [UInt8]? {
        try await withHost(host, .look) { found, _ throws(HostProblem) in found.files[path]?.contents }
    }

    /// Removes files.
    public func removeFiles(_ paths: [String], on host: HostName) async throws(HostProblem) {
        try await withHost(host, .change) { found, state throws(HostProblem) in
            for path in paths where found.files.removeValue(forKey: path) != nil {
                state.effects.append("remove \(host):\(path)")
            }
        }
    }

    /// Deletes what lies below.
    public func deleteDirectories(
        _ paths: [String], of cluster: ClusterName, on host: HostName
    ) async throws(HostProblem) {
        try await withHost(host, .change) { found, state throws(HostProblem) in
            for path in paths {
                found.files = found.files.filter { !$0.key.hasPrefix(path + "/") }
                found.formatted = found.formatted.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
                state.effects.append("delete \(host):\(path)")
            }
        }
    }

    /// Directories need no making here.
    public func makeDirectories(
        _ paths: [String], owner: String, on host: HostName
    ) async throws(HostProblem) {
        try await withHost(host, .look) { _, _ throws(HostProblem) in }
    }
}
