import FleetModel

/// A mistake in an answer, before it is known whose answer it was.
struct AnswerMistake: Error {
    let message: String
}

/// One object of an answer, read by the rules of the Go programs that wrote it: what is absent or null is the type's
/// zero, what is of another kind is a mistake. Members that nobody asks for are passed over.
struct DockerAnswer {
    private let object: JSONObject
    private let path: String

    init(_ value: JSONValue, path: String = "") throws(AnswerMistake) {
        guard let object = value.object else {
            throw AnswerMistake(message: "\(path.isEmpty ? "the answer" : path) is \(value.kind), not an object")
        }
        self.object = object
        self.path = path
    }

    private init(object: JSONObject, path: String) { (self.object, self.path) = (object, path) }

    private func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// The member's value; nil when it is absent or null.
    private func value<Result>(
        _ name: String, _ wanted: String, _ read: (JSONValue) -> Result?
    ) throws(AnswerMistake) -> Result? {
        guard let value = object[name], value != .null else { return nil }
        guard let result = read(value) else {
            throw AnswerMistake(message: "\(place(name)) is \(value.kind), not \(wanted)")
        }
        return result
    }

    /// Text that must be there and not be empty.
    func required(_ name: String) throws(AnswerMistake) -> String {
        let text = try string(name)
        if text.isEmpty { throw AnswerMistake(message: "\(place(name)) is missing") }
        return text
    }

    func string(_ name: String) throws(AnswerMistake) -> String { try value(name, "a string") { $0.string } ?? "" }
    func bool(_ name: String) throws(AnswerMistake) -> Bool { try value(name, "true or false") { $0.bool } ?? false }
    func integer(_ name: String) throws(AnswerMistake) -> Int64 { try optionalInteger(name) ?? 0 }
    func optionalInteger(_ name: String) throws(AnswerMistake) -> Int64? {
        try value(name, "a whole number") { $0.integer }
    }
    func count(_ name: String) throws(AnswerMistake) -> Int { Int(clamping: try integer(name)) }

    func time(_ name: String) throws(AnswerMistake) -> DockerTime? { DockerTime(try string(name)) }

    /// An object; empty when it is absent.
    func object(_ name: String) throws(AnswerMistake) -> DockerAnswer {
        try optionalObject(name) ?? DockerAnswer(object: JSONObject(), path: place(name))
    }

    func optionalObject(_ name: String) throws(AnswerMistake) -> DockerAnswer? {
        try value(name, "an object") { $0.object }.map { DockerAnswer(object: $0, path: place(name)) }
    }

    func objects(_ name: String) throws(AnswerMistake) -> [DockerAnswer] {
        try array(name).enumerated().map { index, value throws(AnswerMistake) in
            try DockerAnswer(value, path: "\(place(name))[\(index)]")
        }
    }

    func strings(_ name: String) throws(AnswerMistake) -> [String] {
        try array(name).enumerated().map { index, value throws(AnswerMistake) in
            guard let text = value.string else {
                throw AnswerMistake(message: "\(place(name))[\(index)] is \(value.kind), not a string")
            }
            return text
        }
    }

    /// A Go map of text.
    func dictionary(_ name: String) throws(AnswerMistake) -> [String: String] {
        guard let object = try value(name, "an object", { $0.object }) else { return [:] }
        var result: [String: String] = [:]
        for member in object.members {
            guard let text = member.value.string else {
                throw AnswerMistake(message: "\(place(name)).\(member.name) is \(member.value.kind), not a string")
            }
            result[member.name] = text
        }
        return result
    }

    /// The names of a Go map that stands for a set.
    func names(_ name: String) throws(AnswerMistake) -> [String] {
        try value(name, "an object") { $0.object }?.members.map(\.name) ?? []
    }

    func array(_ name: String) throws(AnswerMistake) -> [JSONValue] { try value(name, "an array") { $0.array } ?? [] }

    /// The elements of an answer that is an array of objects.
    static func list(_ value: JSONValue) throws(AnswerMistake) -> [DockerAnswer] {
        guard let array = value.array else { throw AnswerMistake(message: "the answer is \(value.kind), not an array") }
        return try array.enumerated().map { index, element throws(AnswerMistake) in
            try DockerAnswer(element, path: "[\(index)]")
        }
    }
}
