import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

extension CommandContext {
    /// Calls `body` with a session on the fleet.
    func withSession<Result: Sendable>(
        _ configuration: FleetConfiguration, _ body: @escaping @Sendable (FleetSession) async throws -> Result
    ) async throws -> Result {
        try await FleetSession.with(configuration.specification, place: place(of: configuration)) { session in
            try await session.sendingKeptMail { try await body(session) }
        }
    }

    /// Where the fleet's files lie.
    func place(of configuration: FleetConfiguration) -> FleetPlace {
        FleetPlace(configuration.directory)
    }

    /// The time by which the fleet's operations are dated.
    func time(of configuration: FleetConfiguration) -> @Sendable () -> Timestamp {
        let (place, fleet) = (place(of: configuration), configuration.specification)
        return { place.now(in: fleet) }
    }

    /// The journal of the fleet directory.
    /// - Throws: a refusal where there is none yet, and what the journal says.
    func journal(_ place: FleetPlace) throws -> any OperationStore {
        guard let journal = try place.existingJournal() else {
            throw CommandError(
                "no-journal", "no operation has run from \(place.directory)", object: place.state,
                next: "gantry bootstrap", exit: .refused)
        }
        return journal
    }
}
