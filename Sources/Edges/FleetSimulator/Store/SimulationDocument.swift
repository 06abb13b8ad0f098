public import FleetModel

/// The file of a simulated fleet: its state, and how its clock runs.
public struct SimulationDocument: Sendable {
    /// Raised whenever what is written can't be read by the version before.
    public static let version = 2
    private static let format = "gantry-simulation"

    /// How time passes.
    public var clock: SimulatedTime
    /// The fleet.
    public var fleet: FleetState

    /// A fleet under a clock.
    public init(clock: SimulatedTime, fleet: FleetState) { (self.clock, self.fleet) = (clock, fleet) }

    /// The first line of the file: what every version begins with, so that a later one is told from damage; how the clock
    /// runs, which is asked for more often than the fleet; and what the second line, the fleet, has to be.
    private struct Heading: Codable {
        var format: String
        var version: Int
        var clock: SimulatedTime?
        var fleet: String?
    }

    /// A first line is short; longer ones are none.
    public static let longestHeading = 4096

    /// Reads a file.
    /// - Throws: `JSONError` that says what is wrong, and where.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        let end = bytes.prefix(Self.longestHeading).firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        let heading = try Self.heading(Array(bytes[..<end]))
        let rest = bytes[min(end + 1, bytes.endIndex)...]
        let clock = try Self.clock(of: heading)
        guard heading.fleet == (try Self.digest(clock, rest)) else {
            throw JSONError(.shape, "what it holds is not what was written", path: "fleet")
        }
        self.init(clock: clock, fleet: try JSONValue(parsing: Array(rest)).decoded(as: FleetState.self))
    }

    /// How the clock of a file runs: reads its first line alone.
    /// - Throws: `JSONError` that says what is wrong.
    public static func clock(parsing line: [UInt8]) throws(JSONError) -> SimulatedTime {
        try clock(of: try heading(line))
    }

    private static func heading(_ line: [UInt8]) throws(JSONError) -> Heading {
        let heading = try JSONValue(parsing: line).decoded(as: Heading.self)
        guard heading.format == format else {
            throw JSONError(.shape, "'\(heading.format)' is not '\(format)'", path: "format")
        }
        guard heading.version == version else {
            throw JSONError(
                .shape, "it was written by another version of gantry (\(heading.version), not \(version))",
                path: "version")
        }
        return heading
    }

    private static func clock(of heading: Heading) throws(JSONError) -> SimulatedTime {
        guard let clock = heading.clock else { throw JSONError(.shape, "there is no clock", path: "clock") }
        return clock
    }

    /// The file's bytes.
    /// - Throws: `JSONError` where the state holds what JSON has no word for.
    public func bytes() throws(JSONError) -> [UInt8] {
        let fleet = try JSONValue(encoding: fleet).sorted.bytes() + [UInt8(ascii: "\n")]
        let heading = Heading(
            format: Self.format, version: Self.version, clock: clock, fleet: try Self.digest(clock, fleet[...]))
        return try JSONValue(encoding: heading).sorted.bytes() + [UInt8(ascii: "\n")] + fleet
    }

    /// FNV-1a over words of eight bytes of clock and fleet: against damage, not against anybody.
    private static func digest(_ clock: SimulatedTime, _ fleet: ArraySlice<UInt8>) throws(JSONError) -> String {
        let bytes = try JSONValue(encoding: clock).sorted.bytes() + fleet
        return bytes.withUnsafeBytes { raw in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(raw.count)
            let words = raw.count / 8
            for word in 0..<words {
                hash = (hash ^ raw.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)) &* 0x0000_0100_0000_01b3
                hash ^= hash >> 29
            }
            for byte in raw[(words * 8)...] { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            return String(hash, radix: 16)
        }
    }
}
