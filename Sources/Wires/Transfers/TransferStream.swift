/// An answer's body as it arrives, in chunks of any size but never empty.
///
/// It ends (`nil`) when the answer is complete, and throws when it broke off, ran out of time or was cancelled. It is
/// read once, by one task. A reader that falls behind holds the peer up; nothing is dropped.
public struct TransferStream: AsyncSequence, Sendable {
    /// Some bytes of the body.
    public typealias Element = [UInt8]
    /// What it throws.
    public typealias Failure = TransferError

    /// Keeps a slow reader's memory small and a fast one's connection busy.
    public static let defaultBufferLimit = 1 << 20

    let buffer: StreamBuffer

    /// Reads the stream.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let buffer: StreamBuffer
        var chunks: ArraySlice<[UInt8]> = []

        /// The next bytes, or nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await next(isolation: nil) }

        /// The next bytes, or nil at the end.
        ///
        /// - Throws: `TransferError` when the answer did not end as it should.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(TransferError) -> [UInt8]? {
            if chunks.isEmpty { chunks = try await buffer.nextChunks().get()[...] }
            return chunks.popFirst()
        }
    }

    /// A reader from where the last one stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(buffer: buffer) }
}
