public import FleetModel
import Observation
public import OperationModel

/// Tells every host which nodes the cluster has, so that a techhost that lost its journal still knows them.
public struct RememberLayout: ClusterStep {
    /// Names the type in plans.
    public static let kind = "remember-layout"
    /// Its nodes.
    public var layout: ClusterLayout
    /// The hosts that keep the memory.
    public var hosts: [HostName]

    /// Has `hosts` remember `layout`.
    public init(layout: ClusterLayout, hosts: [HostName]) { (self.layout, self.hosts) = (layout, hosts) }

    /// The number of nodes.
    public var object: String { "\(layout.nodes.count)" }
    /// One line for people.
    public var title: String { "have \(counted(hosts.count, "host")) remember the nodes" }

    /// Whether all that answer know it; the others are told with the next change.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        let file = try file(context)
        let control = context.world.hosts
        let differing = await mapBounded(hosts, width: Observer.width) { host in
            (try? await control.differing([file], on: host))?.isEmpty == false
        }
        return differing.contains(true) ? .needed : .satisfied(nil)
    }

    /// Tells them.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let file = try file(context)
        let control = context.world.hosts
        let unreached = await mapBounded(hosts, width: Observer.width) { host -> HostName? in
            (try? await control.place([file], on: host)) == nil ? host : nil
        }.compactMap { $0 }
        return unreached.isEmpty
            ? nil : "not told, for they do not answer: \(unreached.map(\.rawValue).joined(separator: ", "))"
    }

    private func file(_ context: StepContext) throws(StepFailure) -> FileToPlace {
        do {
            return FileToPlace(
                path: OnHostPath.layout(of: context.cluster),
                contents: Array(try LayoutMemory.text(layout).utf8) + [UInt8(ascii: "\n")])
        } catch {
            throw StepFailure(
                code: "internal", what: title, object: subject, reason: "\(error)", remedy: "report this as a defect")
        }
    }
}
