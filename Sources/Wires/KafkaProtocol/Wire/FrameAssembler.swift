/// Puts a stream of bytes, cut anywhere, together into payloads.
///
/// It holds no more than what arrived: an announced length allocates nothing.
public struct FrameAssembler: Sendable {
    private let limit: Int
    private var pending: [UInt8] = []
    private var start = 0

    /// Makes an assembler that refuses payloads above `limit` bytes.
    public init(limit: Int = Frame.defaultLimit) { self.limit = limit }

    /// How many bytes wait for the rest of their frame.
    public var buffered: Int { pending.count - start }

    /// Takes bytes that arrived.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        // What was handed out goes when it outweighs what is kept, so that each byte moves at most once.
        if start > pending.count / 2 {
            pending.removeFirst(start)
            start = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The next whole payload, or nil until more bytes come.
    /// - Throws: `frameLength` if the length is negative, too short or above the limit. The stream is then unusable.
    public mutating func next() throws(WireError) -> [UInt8]? {
        guard buffered >= Frame.lengthSize else { return nil }
        let length = try Frame.payloadLength(pending[start...], limit: limit)
        guard buffered - Frame.lengthSize >= length else { return nil }
        let first = start + Frame.lengthSize
        let payload = Array(pending[first..<first + length])
        start = first + length
        if start == pending.count {
            pending.removeAll(keepingCapacity: pending.capacity <= 1 << 16)
            start = 0
        }
        return payload
    }
}
