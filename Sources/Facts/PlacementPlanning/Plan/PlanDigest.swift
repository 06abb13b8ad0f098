import FleetModel

/// SHA-256 (FIPS 180-4) over what a plan or an input consists of: a name that two machines agree on.
struct PlanDigest {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var schedule = [UInt32](repeating: 0, count: 64)
    /// Words of the present block, and up to three bytes that make no word yet.
    private var words = 0
    private var tail: UInt64 = 0
    private var tailBytes: UInt64 = 0
    private var length: UInt64 = 0

    static func of(_ plan: MovePlan) -> String {
        var digest = PlanDigest()
        digest.add(plan.event.description)
        digest.add(plan.options.profile.rawValue)
        digest.add(plan.options.tolerance.thousandths)
        digest.add(plan.options.headroom.thousandths)
        digest.add(plan.inputDigest)
        digest.add(Int64(plan.changes.count))
        var lastTopic = ""
        for change in plan.changes {
            // A topic's name is hashed once for its run of partitions; the flag keeps the text unambiguous.
            if change.partition.topic != lastTopic {
                digest.add(-1)
                lastTopic = change.partition.topic
                digest.add(lastTopic)
            }
            digest.add(Int64(change.partition.partition))
            digest.add(change.from.count, change.to.count)
            for id in change.from { digest.add(word: id.rawValue) }
            for id in change.to { digest.add(word: id.rawValue) }
        }
        digest.add(Int64(plan.leadersFirst.count))
        for step in plan.leadersFirst { digest.add(step.change, Int(step.leader.rawValue)) }
        digest.add(Int64(plan.moves.count))
        for move in plan.moves {
            digest.add(move.change, Int(move.adding?.rawValue ?? -1))
            digest.add(word: move.source?.rawValue ?? -1)
        }
        return digest.finish()
    }

    static func of(_ input: PlacementInput) -> String {
        var digest = PlanDigest()
        for broker in input.brokers {
            digest.add(word: broker.id.rawValue)
            digest.add(broker.host ?? "\u{0}")
            digest.add(broker.rack ?? "\u{0}")
            digest.add(broker.weight)
            digest.add(broker.capacity?.bytes ?? -1)
            digest.add(broker.state.rawValue)
        }
        for topic in input.topics { digest.add(topic) }
        for row in input.sizes.indices {
            digest.add(Int(input.topicOf[row]), Int(input.numberOf[row]))
            digest.add(input.sizes[row])
            digest.add(input.range(row).count, Int(input.leaders[row]))
            for slot in input.range(row) { digest.add(word: input.slots[slot]) }
        }
        return digest.finish()
    }

    mutating func add(_ text: String) {
        add(Int64(text.utf8.count))
        for byte in text.utf8 { add(byte: byte) }
    }

    mutating func add(_ value: Int64) {
        add(word: Int32(truncatingIfNeeded: value >> 32))
        add(word: Int32(truncatingIfNeeded: value))
    }

    mutating func add(_ a: Int, _ b: Int) {
        add(word: Int32(truncatingIfNeeded: a))
        add(word: Int32(truncatingIfNeeded: b))
    }

    mutating func add(word: Int32) {
        tail = tail << 32 | UInt64(UInt32(bitPattern: word))
        length += 4
        append(UInt32(truncatingIfNeeded: tail >> (8 * tailBytes)))
    }

    private mutating func add(byte: UInt8) {
        tail = tail << 8 | UInt64(byte)
        tailBytes += 1
        length += 1
        guard tailBytes == 4 else { return }
        tailBytes = 0
        append(UInt32(truncatingIfNeeded: tail))
    }

    private mutating func append(_ word: UInt32) {
        schedule[words] = word
        words += 1
        if words == 16 { compress() }
    }

    /// The digest in hexadecimal.
    mutating func finish() -> String {
        let bits = length * 8
        add(byte: 0x80)
        while tailBytes > 0 || words != 14 { add(byte: 0) }
        add(Int64(bitPattern: bits))
        var text = ""
        for word in state {
            let digits = String(word, radix: 16)
            text += String(repeating: "0", count: 8 - digits.count) + digits
        }
        return text
    }

    private mutating func compress() {
        words = 0
        Self.extend(&schedule)
        Self.stir(&state, schedule)
    }

    private static func stir(_ state: inout [UInt32], _ schedule: [UInt32]) {
        let (words, constants) = (schedule.span, Self.constants.span)
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        // Eight steps at once: every word is back in its place, so that none has to be moved.
        for first in stride(from: 0, to: 64, by: 8) {
            step(a, b, c, &d, e, f, g, &h, constants[first] &+ words[first])
            step(h, a, b, &c, d, e, f, &g, constants[first + 1] &+ words[first + 1])
            step(g, h, a, &b, c, d, e, &f, constants[first + 2] &+ words[first + 2])
            step(f, g, h, &a, b, c, d, &e, constants[first + 3] &+ words[first + 3])
            step(e, f, g, &h, a, b, c, &d, constants[first + 4] &+ words[first + 4])
            step(d, e, f, &g, h, a, b, &c, constants[first + 5] &+ words[first + 5])
            step(c, d, e, &f, g, h, a, &b, constants[first + 6] &+ words[first + 6])
            step(b, c, d, &e, f, g, h, &a, constants[first + 7] &+ words[first + 7])
        }
        var sums = state.mutableSpan
        sums[0] &+= a
        sums[1] &+= b
        sums[2] &+= c
        sums[3] &+= d
        sums[4] &+= e
        sums[5] &+= f
        sums[6] &+= g
        sums[7] &+= h
    }

    @inline(__always)
    private static func step(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
        _ h: inout UInt32, _ part: UInt32
    ) {
        h &+= (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) &+ (g ^ e & (f ^ g)) &+ part
        d &+= h
        h &+= (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) &+ (a & b | c & (a | b))
    }

    private static func extend(_ schedule: inout [UInt32]) {
        var words = schedule.mutableSpan
        for index in 16..<64 {
            let (x, y) = (words[index - 15], words[index - 2])
            let small = turn(x, 7) ^ turn(x, 18) ^ x >> 3
            let large = turn(y, 17) ^ turn(y, 19) ^ y >> 10
            words[index] = words[index - 16] &+ small &+ words[index - 7] &+ large
        }
    }

    @inline(__always)
    private static func turn(_ value: UInt32, _ by: UInt32) -> UInt32 { value &>> by | value &<< (32 - by) }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
    private static let constants: [UInt32] = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
        0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
        0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
        0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
        0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
        0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
        0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2,
    ]
}
