import Foundation

/// A message definition as Kafka's clients jar carries it under `common/message`.
struct Definition: Decodable {
    let apiKey: Int16?
    let type: String
    let name: String
    let validVersions: Versions
    let flexibleVersions: Versions?
    /// Absent in the definitions of messages that were removed.
    let fields: [Field]?
    let commonStructs: [CommonStruct]?

    struct CommonStruct: Decodable {
        let name: String
        let versions: Versions
        let fields: [Field]
    }

    struct Field: Decodable {
        let name: String
        let type: String
        let versions: Versions
        let nullableVersions: Versions?
        let taggedVersions: Versions?
        let tag: Int?
        let ignorable: Bool?
        let `default`: DefaultValue?
        let about: String?
        let fields: [Field]?
        let flexibleVersions: Versions?
    }

    /// A default is written as a string, a number or a truth value.
    struct DefaultValue: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let truth = try? container.decode(Bool.self) {
                text = truth ? "true" : "false"
            } else if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    /// Reads a definition, whose JSON has `//` comments.
    static func read(_ url: URL) throws -> Definition {
        let text = try String(contentsOf: url, encoding: .utf8)
        let bare = text.split(separator: "\n", omittingEmptySubsequences: false).map(withoutComment)
        do {
            return try JSONDecoder().decode(Definition.self, from: Data(bare.joined(separator: "\n").utf8))
        } catch {
            throw GeneratorError("\(url.lastPathComponent): \(error)")
        }
    }

    /// The line up to a `//` that stands outside of a string.
    private static func withoutComment(_ line: Substring) -> String {
        var inString = false
        var previous: Character = " "
        for index in line.indices {
            let character = line[index]
            if character == "\"", previous != "\\" { inString.toggle() }
            if !inString, character == "/", previous == "/" { return String(line[..<line.index(before: index)]) }
            previous = character
        }
        return String(line)
    }
}

/// `none`, `3`, `0-2` or `4+`.
struct Versions: Decodable, Equatable {
    var lowest: Int
    var highest: Int

    static let none = Versions(lowest: 0, highest: -1)
    static let unbounded = Int(Int16.max)

    init(lowest: Int, highest: Int) {
        self.lowest = lowest
        self.highest = highest
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        let parts = text.split(separator: "-").compactMap { Int($0) }
        if text == "none" {
            self = .none
        } else if text.hasSuffix("+"), let lowest = Int(text.dropLast()) {
            self.init(lowest: lowest, highest: Self.unbounded)
        } else if let lowest = parts.first, let highest = parts.last, parts.count <= 2 {
            self.init(lowest: lowest, highest: highest)
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not versions: \(text)")
        }
    }

    var isEmpty: Bool { lowest > highest }

    func intersection(_ other: Versions) -> Versions {
        let common = Versions(lowest: max(lowest, other.lowest), highest: min(highest, other.highest))
        return common.isEmpty ? .none : common
    }

    func contains(_ other: Versions) -> Bool { other.isEmpty || (lowest <= other.lowest && highest >= other.highest) }

    /// The Swift condition under which a version of `scope` is one of these; nil if that is always so.
    func condition(in scope: Versions) -> String? {
        if contains(scope) { return nil }
        if lowest <= scope.lowest { return "version <= \(highest)" }
        if highest >= scope.highest { return "version >= \(lowest)" }
        return lowest == highest ? "version == \(lowest)" : "version >= \(lowest) && version <= \(highest)"
    }

    /// As documentation says it: `3+`, `0–2`, `13`.
    func text(in scope: Versions) -> String {
        if highest >= scope.highest { return "\(lowest)+" }
        return lowest == highest ? "\(lowest)" : "\(lowest)–\(highest)"
    }
}

/// What stops the generator.
struct GeneratorError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
