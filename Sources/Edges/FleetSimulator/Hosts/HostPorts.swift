public import FleetModel
public import Observation
public import Operations

extension SimulatedFleet: HostSource, HostControl {
    /// Disks and memory of the host.
    public func facts(of host: HostName) async throws(HostProblem) -> HostFacts {
        try await withHost(host, .look) { found, state throws(HostProblem) in
            HostFacts(
                disks: found.disks.keys.sorted().map { state.disk($0, $0, of: host) },
                retired: found.retired(cluster).ids, skew: found.machine.skew)
        }
    }

    /// Everything bootstrap must know.
    public func inspect(_ host: HostName, _ question: HostQuestion) async throws(HostProblem) -> HostAnswers {
        try await withHost(host, .look) { found, state throws(HostProblem) in
            let all = question.scope == .everything
            return HostAnswers(
                privileged: true, architecture: found.architecture, compose: all && !found.lacksDocker ? .v2 : nil,
                listening: all ? found.listening : [],
                disks: question.data.map { state.disk(found.data(of: $0), $0, of: host) },
                formatted: found.formatted.filter { directory, _ in
                    question.data.contains { directory.hasPrefix("\($0)/\(question.cluster)/") }
                },
                memory: found.files[OnHostPath.layout(of: question.cluster)].map {
                    String(decoding: $0.contents, as: UTF8.self)
                }, retired: found.retired(question.cluster).ids, emptied: found.retired(question.cluster).emptied,
                machine: all ? found.facts(host, data: question.data) : nil,
                others: all ? found.clusters(except: question.cluster) : [])
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
            for path in paths where !OnHostPath.isOwn(path, of: cluster, data: Array(found.disks.keys)) {
                throw HostProblem(
                    code: "foreign-directory", unreachable: false,
                    reason: "\(path) on \(host) is not a directory of cluster \(cluster): it is not deleted",
                    remedy: "look at it, and delete it by hand if it is not needed")
            }
            for path in paths {
                let count = found.files.count + found.formatted.count + found.directories.count
                found.files = found.files.filter { !$0.key.hasPrefix(path + "/") }
                found.formatted = found.formatted.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
                found.directories = found.directories.filter { $0 != path && !$0.hasPrefix(path + "/") }
                guard found.files.count + found.formatted.count + found.directories.count < count else { continue }
                state.effects.append("delete \(host):\(path)")
            }
        }
    }

    /// Makes directories that are absent.
    public func makeDirectories(
        _ paths: [String], owner: String, on host: HostName
    ) async throws(HostProblem) {
        try await withHost(host, .change) { found, _ throws(HostProblem) in found.directories.formUnion(paths) }
    }
}

extension FleetState {
    /// A host's file system as `df` shows it for `path`. What lies on no data disk lies on the host's own, which is
    /// never short.
    fileprivate func disk(_ disk: String?, _ path: String, of host: HostName) -> DiskObservation {
        guard let disk, let found = hosts[host]?.disks[disk] else {
            let total = SimulatedDisk().total
            return DiskObservation(path: path, total: total, free: total)
        }
        return DiskObservation(
            path: path, total: found.total, free: found.total - found.foreign - kafka.bytes(on: disk, of: host))
    }
}

extension SimulatedHost {
    /// TCP ports that something listens on.
    var listening: Set<UInt16> {
        foreignPorts.union(containers.values.filter(\.isRunning).compactMap(port))
    }

    /// What it carries of clusters of other names.
    fileprivate func clusters(except own: ClusterName) -> [OtherCluster] {
        files.keys.sorted().compactMap { path in
            let parts = path.split(separator: "/")
            guard parts.count == 4, path.hasPrefix("\(OnHostPath.root)/"), parts[3] == "docker-compose.yml",
                parts[2] != own.rawValue, let file = files[path]
            else { return nil }
            let services = ComposeFile(String(decoding: file.contents, as: UTF8.self)).services
            let properties = files.filter {
                $0.key.hasPrefix("\(OnHostPath.root)/\(parts[2])/") && $0.key.hasSuffix(".properties")
            }
            return OtherCluster(
                name: String(parts[2]),
                id: services.lazy.compactMap { $0.labels[ContainerLabel.clusterID] }.first.flatMap(
                    ClusterID.init(rawValue:)),
                ports: Set(
                    properties.values.compactMap {
                        NodeProperties(String(decoding: $0.contents, as: UTF8.self)).endpoint?.port
                    }))
        }
    }

    /// What the host remembers as gone for good.
    fileprivate func retired(_ cluster: ClusterName) -> RetiredMemory {
        files[OnHostPath.retired(of: cluster)].map {
            RetiredMemory(text: String(decoding: $0.contents, as: UTF8.self))
        } ?? RetiredMemory()
    }
}
