/// The calls that change a cluster.
public enum KafkaCall: String, Hashable, Sendable, Codable, CaseIterable {
    case reassign, cancel, elect, settings, unregister, addVoter, removeVoter, deleteTopics, list
}

/// A failure on demand: it strikes the next calls of a kind, and then no more.
public struct KafkaInjection: Hashable, Sendable, Codable {
    /// What goes wrong.
    public enum Effect: String, Hashable, Sendable, Codable {
        /// The call is carried out, and no answer comes.
        case appliedWithoutAnswer
        /// The call is lost on its way, and no answer comes.
        case lost
        /// Another controller has just become the active one.
        case notController
    }

    /// What goes wrong.
    public var effect: Effect
    /// Which calls; nil: any.
    public var call: KafkaCall?
    /// How many of them.
    public var count: Int
    /// So many are let through before.
    public var after: Int

    /// Once `after` calls of this kind have got through, `count` fail so.
    public init(_ effect: Effect, call: KafkaCall?, count: Int = 1, after: Int = 0) {
        (self.effect, self.call, self.count, self.after) = (effect, call, count, after)
    }
}

extension SimulatedKafka {
    /// Makes calls fail on demand.
    public mutating func inject(_ injection: KafkaInjection) { injections.append(injection) }

    /// Whether failures are still to come.
    public var hasInjections: Bool { !injections.isEmpty }

    /// What goes wrong with this call, if anything does.
    public mutating func takeInjection(_ call: KafkaCall) -> KafkaInjection.Effect? {
        guard let place = injections.firstIndex(where: { $0.count > 0 && ($0.call == nil || $0.call == call) }) else {
            return nil
        }
        guard injections[place].after == 0 else {
            injections[place].after -= 1
            return nil
        }
        injections[place].count -= 1
        defer { injections.removeAll { $0.count <= 0 } }
        return injections[place].effect
    }
}
