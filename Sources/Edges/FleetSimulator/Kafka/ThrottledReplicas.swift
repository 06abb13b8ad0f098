/// A topic's list of throttled replicas (KIP-73): `*`, or `PARTITION:BROKER` and commas.
enum ThrottledReplicas: Hashable, Sendable, Codable {
    case none
    case all
    /// Partition and broker in one number each, ascending.
    case some([Int64])

    /// Nil where Kafka would refuse the value.
    init?(_ value: String) {
        if value == "*" {
            self = .all
            return
        }
        var keys: [Int64] = []
        for item in value.split(separator: ",", omittingEmptySubsequences: true) {
            let parts = item.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0].filter { $0 != " " }),
                let broker = Int32(parts[1].filter { $0 != " " }), partition >= 0, broker >= 0
            else { return nil }
            keys.append(Self.key(partition, broker))
        }
        self = keys.isEmpty ? .none : .some(keys.sorted())
    }

    private static func key(_ partition: Int32, _ broker: Int32) -> Int64 { Int64(partition) << 32 | Int64(broker) }

    func contains(_ partition: Int32, _ broker: Int32) -> Bool {
        switch self {
        case .none: return false
        case .all: return true
        case .some(let keys):
            let key = Self.key(partition, broker)
            var (low, high) = (0, keys.count)
            while low < high {
                let middle = (low + high) / 2
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            return low < keys.count && keys[low] == key
        }
    }
}

/// One broker's throttle in one direction (KIP-73): a rate that is averaged over a window, so that what was not used can
/// be had at once, and a rate that was lowered lets nothing through until the average is below it.
struct ThrottleMeter: Sendable, Codable {
    /// Bytes a second; nil: no throttle.
    var rate: Int64?
    /// In-sync traffic of listed partitions: it counts, and nothing holds it back.
    var steady: Int64 = 0
    /// Bytes a second through the meter since the rates were last set.
    var used: Int64 = 0
    /// Bytes that can be had at once.
    var credit: Int64 = 0
    var isBursting = false
    /// Nothing is let through before.
    var frozenUntil = Instant.start

    /// Sets another rate.
    mutating func set(_ new: Int64?, _ model: KafkaModel, at now: Instant) {
        guard new != rate else { return }
        rate = new
        (credit, isBursting, frozenUntil) = (0, false, .start)
        guard let new else { return }
        if used > new {
            // The window's average falls by its share a second.
            let window = model.throttleWindow.wholeMicroseconds
            let pause = window - Int64(Double(window) * (Double(new) / Double(used)))
            frozenUntil = now.later(microseconds: pause).roundedUp
        } else {
            credit = Traffic.bytes(new - used, in: model.throttleBurst.wholeMicroseconds)
            isBursting = credit > 0
        }
    }

    /// Lets time pass at the rates that hold.
    mutating func settle(_ microseconds: Int64, _ model: KafkaModel) {
        guard let rate else { return }
        if used > rate {
            credit = max(0, credit - Traffic.bytes(used - rate, in: microseconds))
            if credit == 0 { isBursting = false }
        } else {
            let most = Traffic.bytes(rate, in: model.throttleBurst.wholeMicroseconds)
            credit = min(most, credit + Traffic.bytes(rate - used, in: microseconds))
        }
    }

    /// What copies may use together now; nil: no limit.
    mutating func capacity(at now: Instant) -> Int64? {
        guard let rate else { return nil }
        if frozenUntil > now { return 0 }
        // Less than a second's worth is no burst: it would only make the rates be reckoned anew all the time.
        if !isBursting, credit >= rate { isBursting = true }
        guard isBursting else { return max(0, rate - steady) }
        let step = burstEnd(after: now).since(now)
        // The credit is at most some seconds of a rate, which is bounded: no product here leaves 64 bits.
        return max(0, rate - steady) + credit / step * 1_000_000 + credit % step * 1_000_000 / step
    }

    /// A burst is used up by the half second that is at least a quarter of one away.
    private func burstEnd(after now: Instant) -> Instant { now.later(microseconds: 250_000).roundedUp }

    /// When the capacity changes by itself.
    func nextChange(after now: Instant) -> Instant {
        guard let rate else { return .never }
        if frozenUntil > now { return frozenUntil }
        return isBursting && used > rate ? burstEnd(after: now) : .never
    }
}

extension Instant {
    /// The next half second: meters of many brokers change together, and rates are reckoned once.
    fileprivate var roundedUp: Instant {
        let step: Int64 = 500_000
        guard microseconds < .max - step else { return .never }
        return Instant(microseconds: (microseconds + step - 1) / step * step)
    }
}
