import FleetConfiguration
import FleetModel
import Operations

extension FleetSession {
    /// Renders every host's files from the fleet directory's Compose template.
    /// - Throws: `ConfigurationError` with the place of a mistake in the template.
    func renderFiles(_ layout: ClusterLayout, directory: FleetDirectory) throws -> [HostName: HostFiles] {
        let template = try ComposeTemplate.load(directory: directory)
        let memory = FileToPlace(
            path: OnHostPath.layout(of: fleet.cluster.name),
            contents: Array(try LayoutMemory.text(layout).utf8) + [UInt8(ascii: "\n")])
        var files: [HostName: HostFiles] = [:]
        for host in fleet.hosts {
            let stamped = try template.stamped(for: host, layout: layout, fleet: fleet)
            var properties: [NodeID: FileToPlace] = [:]
            for node in stamped.nodes {
                properties[node.placement.id] = stamped.files.first { $0.path == node.propertiesFile }
            }
            guard
                let compose = stamped.files.first(where: { $0.path == OnHostPath.composeFile(of: fleet.cluster.name) })
            else { continue }
            files[host.host] = HostFiles(
                compose: compose, properties: properties,
                users: Dictionary(
                    stamped.nodes.map { ($0.placement.id, $0.user.description) },
                    uniquingKeysWith: { first, _ in first }),
                digests: Dictionary(
                    stamped.nodes.map { ($0.placement.id, $0.digest) }, uniquingKeysWith: { first, _ in first }),
                always: [memory])
        }
        return files
    }
}

extension [HostName: HostFiles] {
    /// The digest of each node's configuration, of all hosts.
    var digests: [NodeID: String] { values.reduce(into: [:]) { $0.merge($1.digests) { first, _ in first } } }
}
