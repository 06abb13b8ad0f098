/// A number with its noun, for people: `1 file`, `3 files`.
public func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// The same with its verb: `1 file is`, `3 files are`.
/// - Parameters:
///   - count: the number.
///   - noun: of one.
///   - one: the verb behind one.
///   - many: the verb behind any other number.
/// - Returns: the beginning of a sentence.
public func counted(_ count: some BinaryInteger, _ noun: String, _ one: String, _ many: String) -> String {
    "\(counted(count, noun)) \(count == 1 ? one : many)"
}
