/// Why an operation must not begin: nothing was changed.
public struct Blocker: Hashable, Sendable {
    /// A stable code: `port-in-use`. The same in `--accept CODE=OBJECT`.
    public var code: String
    /// What is in the way: `host 10.0.0.11`.
    public var object: String
    /// Why, in a sentence.
    public var reason: String
    /// The smallest thing that helps.
    public var remedy: String
    /// How many partitions, nodes or others it is about in all.
    public var count: Int
    /// Some of them by name; empty where it is about its object alone.
    public var examples: [String]

    /// A blocker of these parts.
    public init(
        code: String, object: String, reason: String, remedy: String, count: Int = 1, examples: [String] = []
    ) {
        (self.count, self.examples) = (count, examples)
        self.code = code
        self.object = object
        self.reason = reason
        self.remedy = remedy
    }
}
