/// Finds what was meant by a word that is not known.
public enum Spelling {
    /// Words longer than this are no slip of a known one; the bound also keeps the work small.
    private static let longest = 64

    /// The candidate that `word` most likely stands for; nil when none is near.
    ///
    /// Case, `-` for `_` and the like cost nothing; beyond that one slip for every three characters is forgiven.
    /// - Parameters:
    ///   - word: what was written; longer than 64 bytes it is no slip of anything.
    ///   - candidates: the words that are known.
    /// - Returns: the nearest one; of equally near ones the first.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        guard word.utf8.count <= longest else { return nil }
        let plain = folded(word)
        let allowed = max(1, plain.count / 3)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates where candidate != word {
            let other = folded(candidate)
            guard abs(other.count - plain.count) <= allowed else { continue }
            let distance = distance(plain, other)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// Without case and separators, which people mix up without meaning anything else.
    static func folded(_ word: String) -> [UInt8] {
        word.lowercased().utf8.filter { !"-_. ".utf8.contains($0) }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other
    /// (optimal string alignment).
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var row = [i + 1]
            for (j, y) in b.enumerated() {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (x == y ? 0 : 1))
                if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
