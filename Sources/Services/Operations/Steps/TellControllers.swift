public import FleetModel
import Observation
public import OperationModel

/// Writes the controllers as they are now into the properties of a host's nodes. A running node has learnt them from the
/// quorum; one that starts later must find a controller that is still there. Nothing else in the files is changed: what an
/// operator has set meanwhile is applied by `gantry restart --changed`.
public struct TellControllers: HostStep {
    /// Names the type in plans.
    public static let kind = "tell-controllers"
    /// The setting that names them.
    public static let key = "controller.quorum.bootstrap.servers"
    /// The host.
    public var target: HostName
    /// The nodes of the cluster, with the controllers that remain.
    public var layout: ClusterLayout

    /// Permission bits of properties: stricter where a secret is inside.
    public var mode: UInt16

    /// Tells the nodes of `layout` on `target`.
    public init(target: HostName, layout: ClusterLayout, mode: UInt16) {
        self.target = target
        self.layout = layout
        self.mode = mode
    }

    /// One line for people.
    public var title: String { "write the controllers that remain into the nodes' properties on \(target)" }

    /// Whether all of them name these controllers.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        try await changed(context).isEmpty ? .satisfied(nil) : .needed
    }

    /// Changes the one line of each file, atomically.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let files = try await changed(context)
        do {
            return counted(try await context.world.hosts.place(files, on: target).count, "file")
        } catch {
            throw context.failure(error, what: title, object: subject)
        }
    }

    private func changed(_ context: StepContext) async throws(StepFailure) -> [FileToPlace] {
        let servers = layout.controllers.map(\.endpoint.description).joined(separator: ",")
        var files: [FileToPlace] = []
        for node in layout.nodes(on: target) {
            let path = OnHostPath.properties(of: node.id, cluster: context.cluster)
            let bytes: [UInt8]?
            do {
                bytes = try await context.world.hosts.contents(of: path, on: target)
            } catch {
                throw context.failure(error, what: "reading its properties", object: "node \(node.id)")
            }
            guard let bytes, let text = Self.replacing(bytes, with: servers), text != bytes else { continue }
            files.append(FileToPlace(path: path, contents: text, mode: mode))
        }
        return files
    }

    /// The file with another value of the one key; nil where it does not name it.
    private static func replacing(_ bytes: [UInt8], with servers: String) -> [UInt8]? {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        let prefix = Array("\(key)=".utf8)
        guard let place = lines.firstIndex(where: { $0.starts(with: prefix) }) else { return nil }
        lines[place] = prefix + Array(servers.utf8)
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
