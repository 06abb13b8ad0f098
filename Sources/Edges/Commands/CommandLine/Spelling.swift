import FleetConfiguration

extension Spelling {
    /// Shorter beginnings and pieces of a word mean too many things.
    private static let shortestPiece = 3

    /// What somebody may have meant: the nearest spelling; else the first candidate that begins with the word, or has
    /// it inside.
    static func meant(by word: String, among candidates: [String]) -> String? {
        if let near = nearest(to: word, among: candidates) { return near }
        let piece = Array(word.lowercased().utf8)
        guard (shortestPiece...64).contains(piece.count) else { return nil }
        return candidates.first { $0.utf8.starts(with: piece) } ?? candidates.first { contains($0, piece) }
    }

    private static func contains(_ text: String, _ piece: [UInt8]) -> Bool {
        var rest = Array(text.utf8)[...]
        while rest.count >= piece.count {
            if rest.starts(with: piece) { return true }
            rest.removeFirst()
        }
        return false
    }
}
