/// The copies of each port in order of priority, as far as they have not begun.
struct PortQueues {
    private(set) var copies: [Int32]
    private var heads: [Int]
    private let starts: [Int]
    /// Of each copy, whether it has begun.
    private(set) var hasBegun: [Bool]
    /// Copies of each port that have not begun.
    private(set) var waiting: [Int32]
    /// Bytes of these.
    private(set) var bytes: [Int64]

    init(_ columns: CopyColumns, _ priority: [Int32]) {
        let ports = columns.rate.count
        waiting = [Int32](repeating: 0, count: ports)
        bytes = [Int64](repeating: 0, count: ports)
        for copy in columns.up.indices where columns.up[copy] >= 0 {
            for port in [Int(columns.up[copy]), Int(columns.down[copy])] {
                waiting[port] += 1
                bytes[port] += columns.size[copy]
            }
        }
        var starts = [0]
        starts.reserveCapacity(ports + 1)
        for count in waiting { starts.append(starts[starts.count - 1] + Int(count)) }
        copies = [Int32](repeating: 0, count: starts[ports])
        var cursor = starts
        for copy in priority where columns.up[Int(copy)] >= 0 {
            for port in [Int(columns.up[Int(copy)]), Int(columns.down[Int(copy)])] {
                copies[cursor[port]] = copy
                cursor[port] += 1
            }
        }
        self.starts = starts
        hasBegun = [Bool](repeating: false, count: columns.up.count)
        heads = Array(starts.dropLast())
    }

    /// `copy` begins, which has `size` bytes.
    mutating func take(_ copy: Int, _ up: Int, _ down: Int, _ size: Int64) {
        hasBegun[copy] = true
        waiting[up] -= 1
        waiting[down] -= 1
        bytes[up] -= size
        bytes[down] -= size
    }

    /// The end of `port`'s copies.
    func stop(_ port: Int) -> Int { starts[port + 1] }

    /// The first copy of `port` that has not begun.
    mutating func head(_ port: Int) -> Int {
        var head = heads[port]
        while head < starts[port + 1], hasBegun[Int(copies[head])] { head += 1 }
        heads[port] = head
        return head
    }
}
