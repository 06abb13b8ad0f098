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
        let plain = folded(word)
        let others = candidates.lazy.filter { $0 != word }.map { ($0, folded($0)) }
        return nearest(to: plain, among: others, within: max(1, plain.count / 3))?.candidate
    }

    /// The same for words that were folded before, with the number of slips it is away; nil beyond `allowed`.
    static func nearest(
        to plain: [UInt8], among candidates: some Sequence<(String, [UInt8])>, within allowed: Int
    ) -> (candidate: String, distance: Int)? {
        guard plain.count <= longest else { return nil }
        var best: (candidate: String, distance: Int)?
        for (candidate, other) in candidates where abs(other.count - plain.count) <= allowed {
            let distance = distance(plain, other, atMost: allowed)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best
    }

    /// Without case and separators, which people mix up without meaning anything else.
    static func folded(_ word: String) -> [UInt8] {
        word.lowercased().utf8.filter { !"-_. ".utf8.contains($0) }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other
    /// (optimal string alignment); counting ends beyond `bound`, where any larger number may come.
    private static func distance(_ a: [UInt8], _ b: [UInt8], atMost bound: Int) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var row = [i + 1]
            row.reserveCapacity(b.count + 1)
            var least = i + 1
            for (j, y) in b.enumerated() {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (x == y ? 0 : 1))
                if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
                least = min(least, cost)
            }
            // A swap reaches back over one row and costs one: the rows to come are no less than this.
            if least > bound + 1 { return least }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
