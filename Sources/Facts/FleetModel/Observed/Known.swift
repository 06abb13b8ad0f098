/// A part of the observed world: its value, or why it could not be found out. Never a default in place of a fact.
public enum Known<Value: Sendable>: Sendable {
    /// Found out.
    case known(Value)
    /// Not found out, for this reason (a sentence for people).
    case unknown(reason: String)

    /// The value, when it is known.
    public var value: Value? {
        if case .known(let value) = self { value } else { nil }
    }

    /// Why it is not known, when it is not.
    public var reason: String? {
        if case .unknown(let reason) = self { reason } else { nil }
    }

    /// The same about a part of the value.
    public func map<Part>(_ transform: (Value) -> Part) -> Known<Part> {
        switch self {
        case .known(let value): .known(transform(value))
        case .unknown(let reason): .unknown(reason: reason)
        }
    }
}

extension Known: Equatable where Value: Equatable {}
