/// A rule that a plan breaks.
public struct PlanViolation: Hashable, Sendable, CustomStringConvertible {
    /// The rule: `from`, `factor`, `distinct`, `target`, `leaving`, `host`, `rack`, `pinned`, `disk`, `unasked`, `moves`,
    /// `source`, `bytes`, `bound`, `report`, `leaders`.
    public var rule: String
    /// The partition or broker concerned.
    public var object: String
    /// What is wrong.
    public var message: String

    /// A violation of `rule` by `object`.
    public init(rule: String, object: String, message: String) {
        (self.rule, self.object, self.message) = (rule, object, message)
    }

    /// `rule object: message`.
    public var description: String { "\(rule) \(object): \(message)" }
}
