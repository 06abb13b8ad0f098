/// Whole numbers as a short text: a large fleet has hundreds of thousands of them, of which most are small.
///
/// Each is written in groups of seven bits, the sign in the lowest one (the varint of Protocol Buffers), and all of them in
/// base64 (RFC 4648), so that they stand in a JSON document as one string.
struct PackedNumbers {
    private var bytes: [UInt8] = []

    mutating func put(_ value: Int64) {
        var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func put(_ value: Int32) { put(Int64(value)) }

    mutating func put(_ list: [Int32]) {
        put(Int64(list.count))
        for value in list { put(value) }
    }

    /// The numbers so far.
    var text: String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var bits = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(Self.alphabet[Int(group >> UInt32(bits) & 0x3f)])
            }
        }
        if bits > 0 { text.append(Self.alphabet[Int(group << UInt32(6 - bits) & 0x3f)]) }
        return String(decoding: text, as: UTF8.self)
    }

    fileprivate static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}

/// Reads what `PackedNumbers` wrote.
struct PackedReader {
    /// The text is none of packed numbers, or ends too early.
    struct Damage: Error {}

    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) throws(Damage) {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, letter) in PackedNumbers.alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var group: UInt32 = 0
        var bits = 0
        for letter in text.utf8 {
            let value = values[Int(letter)]
            guard value < 64 else { throw Damage() }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        self.bytes = bytes
    }

    var isAtEnd: Bool { place == bytes.count }

    mutating func next() throws(Damage) -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < bytes.count, shift < 64 {
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7f) << shift
            shift += 7
            if byte < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
        }
        throw Damage()
    }

    mutating func number() throws(Damage) -> Int32 {
        guard let number = Int32(exactly: try next()) else { throw Damage() }
        return number
    }

    /// A count of things that take at least a byte each.
    mutating func count() throws(Damage) -> Int {
        guard let count = Int(exactly: try next()), count >= 0, count <= bytes.count - place else { throw Damage() }
        return count
    }

    mutating func list() throws(Damage) -> [Int32] {
        var list: [Int32] = []
        for _ in 0..<(try count()) { list.append(try number()) }
        return list
    }
}
