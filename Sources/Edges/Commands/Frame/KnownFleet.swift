import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

/// The fleet for commands that must work while `defaults.cfg` has mistakes: those about operations, which find in the
/// journal what they need, and those that tell how all is.
struct KnownFleet: Sendable {
    let directory: FleetDirectory
    /// What the file says; where it has mistakes, what was last in use; nil where nobody knows.
    let configuration: FleetConfiguration?
    /// What is wrong with the file, so that `configuration` is not what it says now.
    let problem: ConfigurationError?

    /// Where its files lie.
    var place: FleetPlace { FleetPlace(directory) }

    /// The time by which its operations are dated.
    var time: @Sendable () -> Timestamp {
        let (place, fleet) = (place, configuration?.specification)
        return { place.now(in: fleet) }
    }

    /// What the file says now, for what works on hosts.
    /// - Throws: its mistakes, status 78.
    func required() throws(CommandError) -> FleetConfiguration {
        if let problem { throw problem.commandError }
        return try known()
    }

    /// What the file says, or what was last in use, for what only looks at hosts.
    /// - Throws: the file's mistakes, status 78, where nothing else is known.
    func known() throws(CommandError) -> FleetConfiguration {
        if let configuration { return configuration }
        throw problem?.commandError
            ?? CommandError(
                "fleet-not-found", "there is no configuration", object: directory.path, exit: .configuration)
    }
}

extension CommandContext {
    /// The fleet as far as it is known. Mistakes in its configuration are a warning on standard error.
    /// - Throws: status 78 where there is no fleet directory.
    func knownFleet() throws(CommandError) -> KnownFleet {
        let directory = try fleet()
        do throws(ConfigurationError) {
            return KnownFleet(directory: directory, configuration: try configuration(of: directory), problem: nil)
        } catch {
            note("warning: \(error.brief)")
            return KnownFleet(
                directory: directory,
                configuration: FleetPlace(directory).configurationLastInUse(
                    home: environment["HOME"], clauses: NewFleet.clauses),
                problem: error)
        }
    }

    /// The journal of a fleet.
    /// - Throws: a refusal where there is none yet, and what the journal says.
    func journal(_ fleet: KnownFleet) throws -> any OperationStore { try journal(fleet.place) }
}
