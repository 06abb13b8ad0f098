import Testing

@testable import EventLoop

@Suite struct TimerHeapTests {
    private let start = ContinuousClock.now

    @Test func `timers come out in the order of their deadlines`() {
        var heap = TimerHeap<Int>()
        var generator = SplitMix(state: 7)
        var expected: [(Int, Int)] = []
        for id in 0..<500 {
            let delay = Int(generator.next() % 1000)
            heap.set(id, at: start + .milliseconds(delay))
            expected.append((delay, id))
        }
        var delays: [Int] = []
        let byID = Dictionary(uniqueKeysWithValues: expected.map { ($0.1, $0.0) })
        while let id = heap.popDue(at: start + .seconds(2)) { delays.append(byID[id] ?? -1) }
        #expect(delays == expected.map(\.0).sorted())
        #expect(heap.count == 0 && heap.earliest == nil)
    }

    @Test func `a timer that is not due stays`() {
        var heap = TimerHeap<String>()
        heap.set("later", at: start + .seconds(2))
        heap.set("soon", at: start + .seconds(1))
        #expect(heap.popDue(at: start) == nil)
        #expect(heap.popDue(at: start + .seconds(1)) == "soon")
        #expect(heap.popDue(at: start + .seconds(1)) == nil)
        #expect(heap.earliest == start + .seconds(2))
    }

    @Test func `removing and moving from the middle keeps the order`() {
        var heap = TimerHeap<Int>()
        var reference: [Int: Int] = [:]
        var generator = SplitMix(state: 99)
        for _ in 0..<1000 {
            let id = Int(generator.next() % 200)
            if generator.next() % 3 == 0 {
                heap.remove(id)
                reference[id] = nil
            } else {
                let delay = Int(generator.next() % 10_000)
                heap.set(id, at: start + .milliseconds(delay))
                reference[id] = delay
            }
            #expect(heap.count == reference.count)
            #expect(heap.earliest == reference.values.min().map { start + .milliseconds($0) })
        }
    }
}

/// A small repeatable generator for tests.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
