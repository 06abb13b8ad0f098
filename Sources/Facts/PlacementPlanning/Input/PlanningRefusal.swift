public import FleetModel

/// Why there is no plan: the request cannot be met, or what was read makes no sense. Nothing is planned in part.
public struct PlanningRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// One reason.
    public struct Reason: Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `hosts`, `racks`, `factor`, `disk`, `pinned`, `unknown-broker`, …
        public var code: String
        /// What is wrong, in one sentence.
        public var message: String
        /// The first few topics, partitions or brokers concerned.
        public var objects: [String]
        /// How many are concerned in all.
        public var count: Int
        /// The smallest change that would do.
        public var remedy: String

        /// A reason of these parts.
        public init(code: String, message: String, objects: [String] = [], count: Int = 1, remedy: String) {
            self.code = code
            self.message = message
            self.objects = objects
            self.count = count
            self.remedy = remedy
        }

        /// One paragraph for people, the remedy last.
        public var description: String { "\(sentence). Remedy: \(remedy)." }

        /// What is wrong and what is concerned, without the remedy.
        public var sentence: String {
            var text = message
            let shown = objects.filter { $0 != message }
            if !shown.isEmpty {
                text += " (\(shown.joined(separator: ", "))\(count > shown.count ? ", … \(count) in all" : ""))"
            } else if count > 1 {
                text += " (and \(count - 1) more like this)"
            }
            return text
        }
    }

    /// Every reason found, never empty.
    public var reasons: [Reason]
    /// The partitions for which no place was found: without them, the others could be planned. Empty where the reasons
    /// are not about single partitions.
    public var unplaced: [TopicPartition] = []

    /// A refusal for `reasons`.
    public init(_ reasons: [Reason]) { self.reasons = reasons }

    /// A refusal for one reason.
    public init(code: String, _ message: String, objects: [String] = [], count: Int = 1, remedy: String) {
        self.init([Reason(code: code, message: message, objects: objects, count: count, remedy: remedy)])
    }

    /// A paragraph a reason.
    public var description: String { reasons.map(\.description).joined(separator: "\n") }
}
