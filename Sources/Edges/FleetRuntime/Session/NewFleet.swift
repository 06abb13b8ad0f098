public import FleetConfiguration
import Operations

/// A fleet directory in the making: the templates, with the clauses that `preflight` runs as `assumptions.txt`.
public enum NewFleet {
    /// The numbers of all clauses, which `waive` may name.
    public static let clauses = Assumptions.clauses.map(\.id)

    /// The files of a new fleet directory, in the order in which an operator reads them.
    /// - Parameter simulated: a fleet that lives in the directory alone, without hosts.
    /// - Returns: the files; `defaults.cfg` among them is valid as it is.
    public static func files(simulated: Bool) -> [TemplateFile] {
        FleetTemplates.files(simulated: simulated, assumptions: Assumptions.text)
    }

    /// Writes the files that are not there yet; a file that exists is left as it is.
    /// - Parameters:
    ///   - directory: where to; made when it is missing.
    ///   - simulated: a fleet that lives in the directory alone, without hosts.
    /// - Returns: what was written and what was there already.
    /// - Throws: `ConfigurationError` with code `.unwritable`; files written before it stay.
    public static func write(
        to directory: FleetDirectory, simulated: Bool
    ) throws(ConfigurationError) -> [InitializedFile] {
        try FleetTemplates.write(to: directory, simulated: simulated, assumptions: Assumptions.text)
    }
}
