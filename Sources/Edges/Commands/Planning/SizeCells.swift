import FleetModel

/// Cells of what follows from partitions' sizes: a fact only where there are any.
struct SizeCells {
    let areUnknown: Bool

    func known(_ cell: Cell) -> Cell { areUnknown ? Cell("unknown", .unknown, exact: "unknown") : cell }

    /// A broker's bytes, with a bar beside `most`, the largest in the table.
    func bytes(_ size: ByteCount, of most: ByteCount) -> Cell {
        guard !areUnknown else { return Cell("unknown", .unknown, exact: "") }
        let share = most > .zero ? Double(size.bytes) / Double(most.bytes) : 0
        return Cell(size.description, exact: String(size.bytes), bar: share)
    }
}
