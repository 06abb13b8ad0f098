import FleetModel

/// A line of a stream that could not be read. The lines after it are not touched by it.
public struct GarbledLine: Sendable, Hashable, Error, CustomStringConvertible {
    /// Why not.
    public let reason: String
    /// The beginning of the line.
    public let beginning: String

    /// A line that could not be read; made by hand only in tests.
    public init(reason: String, beginning: String) {
        self.reason = reason
        self.beginning = beginning
    }

    /// Reason and beginning.
    public var description: String { "\(reason) in \"\(beginning)\"" }
}

/// Takes a stream of JSON values, one a line, apart, however it is cut: a value that is given bytes and returns values.
struct JSONLines: Equatable {
    /// An event carries all labels of its container; a megabyte of them is no event.
    static let longestLine = 1 << 20
    private static let shown = 80

    private var line: [UInt8] = []
    private var isTooLong = false

    mutating func append(_ bytes: [UInt8]) -> [Result<JSONValue, GarbledLine>] {
        var values: [Result<JSONValue, GarbledLine>] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            if let value = close() { values.append(value) }
            rest = rest[(end + 1)...]
        }
        take(rest)
        return values
    }

    /// What is left at the end of the stream, where that is anything.
    mutating func finish() -> Result<JSONValue, GarbledLine>? { close() }

    private mutating func take(_ more: ArraySlice<UInt8>) {
        let room = Self.longestLine - line.count
        if more.count > room { isTooLong = true }
        line += more.prefix(room)
    }

    private mutating func close() -> Result<JSONValue, GarbledLine>? {
        defer { (line, isTooLong) = ([], false) }
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) { return nil }
        let beginning = String(decoding: line.prefix(Self.shown), as: UTF8.self)
        if isTooLong {
            return .failure(GarbledLine(reason: "more than \(Self.longestLine) bytes", beginning: beginning))
        }
        do {
            return .success(try JSONValue(parsing: line))
        } catch {
            return .failure(GarbledLine(reason: "\(error)", beginning: beginning))
        }
    }
}
