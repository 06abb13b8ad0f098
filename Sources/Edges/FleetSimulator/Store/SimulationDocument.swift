public import FleetModel

/// The file of a simulated fleet: its state, and how its clock runs.
public struct SimulationDocument: Sendable, Codable {
    /// Raised whenever what is written can't be read by the version before.
    public static let version = 1
    private static let format = "gantry-simulation"

    /// How time passes.
    public var clock: SimulatedTime
    /// The fleet.
    public var fleet: FleetState

    /// A fleet under a clock.
    public init(clock: SimulatedTime, fleet: FleetState) { (self.clock, self.fleet) = (clock, fleet) }

    /// What every version begins with, so that a later one is told from damage.
    private struct Heading: Codable {
        var format: String
        var version: Int
    }

    private struct Whole: Codable {
        var format: String
        var version: Int
        var clock: SimulatedTime
        var fleet: FleetState
    }

    /// Reads a file.
    /// - Throws: `JSONError` that says what is wrong, and where.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        let value = try JSONValue(parsing: bytes)
        let heading = try value.decoded(as: Heading.self)
        guard heading.format == Self.format else {
            throw JSONError(.shape, "'\(heading.format)' is not '\(Self.format)'", path: "format")
        }
        guard heading.version == Self.version else {
            throw JSONError(
                .shape, "it was written by another version of gantry (\(heading.version), not \(Self.version))",
                path: "version")
        }
        let whole = try value.decoded(as: Whole.self)
        self.init(clock: whole.clock, fleet: whole.fleet)
    }

    /// The file's bytes.
    /// - Throws: `JSONError` where the state holds what JSON has no word for.
    public func bytes() throws(JSONError) -> [UInt8] {
        let whole = Whole(format: Self.format, version: Self.version, clock: clock, fleet: fleet)
        return try JSONValue(encoding: whole).sorted.bytes() + [UInt8(ascii: "\n")]
    }
}
