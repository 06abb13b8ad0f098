public import FleetModel
public import Observation
public import Operations

extension SimulatedFleet {
    /// The link that systemd makes for a unit that is enabled.
    private static let link = "/etc/systemd/system/multi-user.target.wants/\(HostService.unit)"

    /// The host's unit. What it would do to containers at a boot is left to their restart policies.
    public func service(_ wish: ServiceWish, on host: HostName) async throws(HostProblem) -> ServiceState {
        return try await withHost(host, wish == .look ? .look : .change) { found, state throws(HostProblem) in
            var others: [String] = []
            switch wish {
            case .look: break
            case .start:
                guard found.files[HostService.unitPath] != nil else {
                    throw HostProblem(
                        code: "service-failed", unreachable: false,
                        reason: "\(HostService.unit) on \(host): Unit file does not exist",
                        remedy: "gantry install-service \(host)")
                }
                found.files[Self.link] = FileToPlace(path: Self.link, contents: [])
                state.effects.append("service \(host)")
            case .remove(let leaving):
                others = found.files.keys.compactMap { path in
                    let parts = path.split(separator: "/")
                    return parts.count == 4 && path.hasPrefix("\(OnHostPath.root)/") && parts[3] == "docker-compose.yml"
                        && parts[2] != leaving.rawValue ? String(parts[2]) : nil
                }.sorted()
                guard others.isEmpty else { break }
                for path in [Self.link] + HostService.files.map(\.path) { found.files[path] = nil }
                state.effects.append("no service \(host)")
            }
            let isThere = found.files[Self.link] != nil
            return ServiceState(hasManager: true, isEnabled: isThere, isActive: isThere, others: others)
        }
    }
}
