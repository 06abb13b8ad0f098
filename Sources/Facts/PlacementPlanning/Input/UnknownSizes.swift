import FleetModel

extension PlacementInput {
    /// Rows that are named as examples of many.
    private static let examples = 3

    /// Takes partitions without a known size at the median of their topic's known ones, else of all known ones, else
    /// at nothing. Rows of one topic stand together. Then sizes are what they are, and rows are put in their order.
    mutating func settleSizes() {
        defer { bySize = SizeOrder.rows(sizes) }
        guard !unsized.isEmpty else { return }
        var isKnown = [Bool](repeating: true, count: partitionCount)
        for row in unsized { isKnown[Int(row)] = false }
        let overall = Self.median(zip(sizes, isKnown).filter(\.1).map(\.0))
        var start = 0
        while start < partitionCount {
            var end = start
            while end < partitionCount, topicOf[end] == topicOf[start] { end += 1 }
            let rows = start..<end
            if rows.contains(where: { !isKnown[$0] }) {
                let taken = Self.median(zip(sizes[rows], isKnown[rows]).filter(\.1).map(\.0)) ?? overall ?? 0
                for row in rows where !isKnown[row] { sizes[row] = taken }
            }
            start = end
        }
    }

    private static func median(_ values: some Sequence<Int64>) -> Int64? {
        let sorted = values.sorted()
        return sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
    }

    /// What is said of sizes that nobody told.
    var sizeNotes: [String] {
        guard !unsized.isEmpty else { return [] }
        if hasNoSizes {
            return [
                "no partition has a known size: bytes and times are unknown, replicas and leaders alone are evened out"
            ]
        }
        var unsizedOf: [Int32: Int] = [:]
        var countOf: [Int32: Int] = [:]
        for row in unsized { unsizedOf[topicOf[Int(row)], default: 0] += 1 }
        for topic in topicOf where unsizedOf[topic] != nil { countOf[topic, default: 0] += 1 }
        // Of a topic without any known size there is no median.
        let (alone, beside) = unsized.reduce(into: ([Int32](), [Int32]())) { parts, row in
            let topic = topicOf[Int(row)]
            if unsizedOf[topic] == countOf[topic] { parts.0.append(row) } else { parts.1.append(row) }
        }
        return [(beside, "the median of their topic"), (alone, "the median of all, none of their topic being known")]
            .filter { !$0.0.isEmpty }.map { rows, place in
                let names = rows.prefix(Self.examples).map { name(Int($0)) }.joined(separator: ", ")
                return
                    "\(counted(rows.count, "partition")) without a known size \(rows.count == 1 ? "is" : "are") taken at \(place): \(names)"
                    + (rows.count > Self.examples ? ", …" : "")
            }
    }
}
