public import FleetModel
public import FleetSimulator
import Processes

extension FleetPlace {
    /// The time of day in `fleet`, by which its operations are dated: in a simulated one not the wall's, but that which its
    /// steps wait by. Of a fleet that nobody knows (nil) the simulation that lies there tells that it is one.
    public func now(in fleet: FleetSpecification?) -> Timestamp {
        guard fleet.map({ $0.cluster.transport == .simulated }) ?? true,
            let time = SimulationFile.clock(of: SimulationFile.path(in: self))
        else { return SystemClock().now() }
        return time.epoch.advanced(by: time.elapsed(at: Machine.wallTime))
    }
}

/// A simulated fleet from outside: its clock, and what can be done to it.
public struct Simulation: Sendable {
    private let file: SimulationFile

    /// Opens the simulated fleet of a fleet directory.
    /// - Throws: `SimulationProblem` when the fleet is a real one, or its file can't be used.
    public init(_ fleet: FleetSpecification, place: FleetPlace) async throws(SimulationProblem) {
        guard fleet.cluster.transport == .simulated else {
            throw SimulationProblem(
                .notSimulated, what: "the simulation", object: "cluster \(fleet.cluster.name)",
                reason: "its hosts are real (transport: \(fleet.cluster.transport.rawValue))",
                remedy: "gantry init DIR --simulated makes a fleet to try things on")
        }
        file = try await SimulationFile(place: place, hosts: fleet.hosts)
    }

    /// The fleet and its clock as they are now.
    /// - Throws: `SimulationProblem` when its file can't be read.
    public func look() async throws(SimulationProblem) -> SimulationDocument {
        try await file.withDocument(.look) { $0 }
    }

    /// Changes the fleet or its clock; `body` also gets the time on the real wall, counted from 1970.
    /// - Throws: what `body` refuses, after which nothing has changed; `SimulationProblem` of the file.
    public func change<Result: Sendable>(
        _ body: (inout SimulationDocument, _ wall: Duration) throws(SimulationProblem) -> Result
    ) async throws(SimulationProblem) -> Result {
        try await file.withDocument(.change) { document -> Swift.Result<Result, SimulationProblem> in
            var changed = document
            do throws(SimulationProblem) {
                let result = try body(&changed, Machine.wallTime)
                document = changed
                return .success(result)
            } catch { return .failure(error) }
        }.get()
    }

    /// Lets the clock jump forward, with everything that happens meanwhile.
    /// - Throws: `SimulationProblem` of the file.
    public func advance(by duration: Duration) async throws(SimulationProblem) -> SimulationDocument {
        try await change { document, wall throws(SimulationProblem) in
            document.clock.skip(duration, wall: wall)
            document.fleet.advance(to: document.clock.elapsed(at: wall))
            return document
        }
    }
}
