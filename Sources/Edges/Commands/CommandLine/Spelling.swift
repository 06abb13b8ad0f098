/// Finds what somebody may have meant.
enum Spelling {
    /// Longer words are compared with nothing: the work grows with the product of the lengths.
    private static let longestWord = 64

    /// The candidate closest to `word`: at most a third of its letters wrong (one at least); else one that begins with
    /// it or contains it. Nil when none is close. Of equals the first one.
    static func nearest(_ word: String, among candidates: some Sequence<String>) -> String? {
        guard (1...longestWord).contains(word.count) else { return nil }
        let wanted = word.lowercased()
        let allowed = max(1, word.count / 3)
        var best: (distance: Int, candidate: String)?
        for candidate in candidates where candidate.count <= longestWord {
            let distance = distance(wanted, candidate.lowercased())
            if distance <= allowed, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        if let best { return best.candidate }
        guard word.count >= 3 else { return nil }
        return candidates.first { $0.lowercased().hasPrefix(wanted) }
            ?? candidates.first { containing($0.lowercased(), wanted) }
    }

    private static func containing(_ text: String, _ part: String) -> Bool {
        var rest = text[...]
        while !rest.isEmpty {
            if rest.hasPrefix(part) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment,
    /// the restricted Damerau-Levenshtein distance).
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a)
        let b = Array(b)
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let cost = a[i - 1] == b[j - 1] ? 0 : 1
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
