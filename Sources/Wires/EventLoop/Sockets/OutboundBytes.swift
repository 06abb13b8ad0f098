/// Bytes that wait for room in a socket: arrays in order, each taken as it was given.
struct OutboundBytes {
    private var chunks: [[UInt8]] = []
    private var firstChunk = 0
    /// How much of the first chunk is gone.
    private var offset = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        count += bytes.count
        // Small neighbours are joined, so that pipelined requests leave in one system call.
        if let last = chunks.indices.last, last >= firstChunk, chunks[last].count + bytes.count <= Self.joinBelow {
            chunks[last] += bytes
        } else {
            chunks.append(bytes)
        }
    }

    /// Calls `body` with the bytes at the front, and removes as many as it says it took.
    mutating func takeFront<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        guard firstChunk < chunks.count else { return }
        let result = chunks[firstChunk].withUnsafeBytes { bytes -> Result<Int, Failure> in
            do throws(Failure) {
                return .success(try body(UnsafeRawBufferPointer(rebasing: bytes[offset...])))
            } catch {
                return .failure(error)
            }
        }
        let taken = try result.get()
        count -= taken
        offset += taken
        guard offset == chunks[firstChunk].count else { return }
        chunks[firstChunk] = []
        firstChunk += 1
        offset = 0
        if firstChunk == chunks.count || firstChunk > 64 {
            chunks.removeFirst(firstChunk)
            firstChunk = 0
        }
    }

    mutating func removeAll() { self = OutboundBytes() }

    private static let joinBelow = 64 * 1024
}
