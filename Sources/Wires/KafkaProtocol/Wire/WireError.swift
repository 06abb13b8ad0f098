/// Why bytes could not be read as, or a value could not be written as, Kafka's protocol.
///
/// A peer's bytes never trap: whatever they hold, decoding them ends in a value or in this error.
public struct WireError: Error, Equatable, Sendable {
    /// What went wrong.
    public enum Reason: Equatable, Sendable {
        /// The bytes end before the value does: so many were needed, so many were left.
        case truncated(needed: Int, available: Int)
        /// A variable-length integer runs past its 5 (32 bit) or 10 (64 bit) bytes, or out of its type's range.
        case malformedVarint
        /// A length or count is negative where null is not allowed.
        case negativeLength(Int)
        /// An array claims more elements than the bytes that are left could hold.
        case countExceedsBytes(count: Int, available: Int)
        /// Null stands where this version allows none.
        case unexpectedNull
        /// A string is not UTF-8.
        case invalidUTF8
        /// The message ended and so many bytes of its frame were left over.
        case trailingBytes(Int)
        /// A frame's length is negative, too small for a header, or above the limit.
        case frameLength(Int, limit: Int)
        /// The message has no layout at this version.
        case unsupportedVersion(Int16, supported: ClosedRange<Int16>)
        /// A field was set that this version cannot carry, and that Kafka does not allow to be dropped in silence.
        case fieldNotInVersion(field: String, version: Int16)
        /// A field was null at a version that cannot carry null.
        case nullNotInVersion(field: String, version: Int16)
        /// A string, byte sequence or array is longer than its length prefix can say.
        case valueTooLong(Int, limit: Int)
        /// The answer carries another request's correlation id.
        case correlation(expected: Int32, found: Int32)
        /// A request's header names another API key than the one to decode.
        case apiKey(expected: APIKey, found: APIKey)
        /// A record batch's checksum (CRC-32C) does not match its bytes.
        case checksum(stored: UInt32, computed: UInt32)
        /// A record batch of a format other than v2 (magic 2).
        case unsupportedMagic(Int8)
        /// A record batch is compressed with the codec of this number; only uncompressed ones are read.
        case compressedBatch(codec: UInt8)
        /// A record batch contradicts itself.
        case malformedBatch(String)
    }

    /// What went wrong.
    public let reason: Reason
    /// The message (and version) that was read or written, once known: `MetadataResponse v12`.
    public var subject: String?
    /// Where in the bytes it was noticed, counted from the first byte after the frame's length.
    public let offset: Int?

    /// Makes an error; `offset` only where bytes were read.
    public init(_ reason: Reason, subject: String? = nil, offset: Int? = nil) {
        self.reason = reason
        self.subject = subject
        self.offset = offset
    }

    /// The same error with the message that it happened in, unless one is named already.
    func within(_ subject: @autoclosure () -> String) -> WireError {
        guard self.subject == nil else { return self }
        var copy = self
        copy.subject = subject()
        return copy
    }

    /// What an operator can do about it.
    public var remedy: String {
        switch reason {
        case .truncated, .malformedVarint, .negativeLength, .countExceedsBytes, .unexpectedNull, .invalidUTF8,
            .trailingBytes, .frameLength, .correlation, .apiKey:
            "Check that the address is a Kafka listener of the expected security protocol and not another service."
        case .unsupportedVersion, .fieldNotInVersion, .nullNotInVersion:
            "The broker is too old for this request; upgrade it, or leave the named field out."
        case .valueTooLong:
            "Split the request into smaller ones."
        case .checksum, .malformedBatch:
            "Check the broker's disk and log for corruption of this partition."
        case .unsupportedMagic, .compressedBatch:
            "Read this partition with Kafka's own consumer; only uncompressed v2 batches are understood here."
        }
    }
}

extension WireError: CustomStringConvertible {
    /// One line: subject, reason, place.
    public var description: String {
        var text = subject.map { "\($0): " } ?? ""
        text += reason.description
        if let offset { text += " (at byte \(offset))" }
        return text
    }
}

extension WireError.Reason: CustomStringConvertible {
    /// The reason in words.
    public var description: String {
        switch self {
        case .truncated(let needed, let available): "the bytes end early: \(needed) needed, \(available) left"
        case .malformedVarint: "malformed variable-length integer"
        case .negativeLength(let length): "negative length \(length)"
        case .countExceedsBytes(let count, let available):
            "\(count) elements cannot fit into the \(available) bytes left"
        case .unexpectedNull: "null where this version allows none"
        case .invalidUTF8: "a string is not UTF-8"
        case .trailingBytes(let count): "\(count) bytes are left after the message's end"
        case .frameLength(let length, let limit): "a frame of \(length) bytes is outside the allowed 4…\(limit)"
        case .unsupportedVersion(let version, let supported):
            "version \(version) is not among \(supported.lowerBound)…\(supported.upperBound)"
        case .fieldNotInVersion(let field, let version): "version \(version) has no field \(field), which was set"
        case .nullNotInVersion(let field, let version): "version \(version) does not allow \(field) to be null"
        case .valueTooLong(let length, let limit): "a length of \(length) exceeds the protocol's limit of \(limit)"
        case .correlation(let expected, let found): "correlation id \(found) where \(expected) was expected"
        case .apiKey(let expected, let found): "API key \(found) where \(expected) was expected"
        case .checksum(let stored, let computed): "record batch checksum \(stored) stored, \(computed) computed"
        case .unsupportedMagic(let magic): "record batch format \(magic) is not 2"
        case .compressedBatch(let codec): "the record batch is compressed (codec \(codec))"
        case .malformedBatch(let what): "malformed record batch: \(what)"
        }
    }
}
