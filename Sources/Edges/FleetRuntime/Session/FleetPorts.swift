import FleetModel
import Observation
import Operations

/// All ports of the services for one fleet, whatever stands behind them.
struct FleetPorts: Sendable {
    var hostSource: any HostSource
    var hostControl: any HostControl
    var containerSource: any ContainerSource
    var events: any ContainerEventSource
    var containerControl: any ContainerControl
    var cluster: any ClusterSource
    var clusterControl: any ClusterControl
}
