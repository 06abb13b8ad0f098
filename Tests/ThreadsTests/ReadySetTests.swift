import Glibc
import Testing

@testable import Threads

struct ReadySetTests {
    /// A pipe that is closed behind `body`.
    private func withPipe(_ body: (_ read: CInt, _ write: CInt) throws -> Void) throws {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        try body(ends[0], ends[1])
    }

    private func ready(_ set: ReadySet) -> [ReadySet.Ready] {
        var all: [ReadySet.Ready] = []
        set.wait(atMost: .zero) { all.append($0) }
        return all
    }

    @Test func `an edge is told once, a level as long as it holds`() throws {
        try withPipe { read, write in
            let (edges, levels) = (try ReadySet(), try ReadySet())
            try edges.watchEdges(read, token: 7)
            try levels.watch(read, reading: true, writing: false, token: 8)
            #expect(ready(edges).isEmpty && ready(levels).isEmpty)
            #expect(Glibc.write(write, "x", 1) == 1)
            for turn in 1...2 {
                #expect(ready(edges).map(\.token) == (turn == 1 ? [7] : []))
                #expect(ready(levels).map(\.token) == [8])
            }
            levels.forget(read)
            #expect(ready(levels).isEmpty)
        }
    }

    @Test func `the bell ends a wait without end, is told to nobody, and rings once however often it was rung`() throws
    {
        let set = try ReadySet()
        for _ in 1...3 { set.ring() }
        set.wait(atMost: nil) { _ in Issue.record("told") }
        #expect(ready(set).isEmpty)
    }

    @Test func `what can't be watched is refused with its number`() throws {
        let set = try ReadySet()
        #expect(throws: ReadySet.Refusal(number: EBADF)) { try set.watchEdges(-1, token: 1) }
    }

    @Test func `waits are rounded up to milliseconds and capped`() {
        #expect(ReadySet.milliseconds(nil) == -1)
        #expect(ReadySet.milliseconds(.zero) == 0)
        #expect(ReadySet.milliseconds(.seconds(-5)) == 0)
        #expect(ReadySet.milliseconds(.nanoseconds(1)) == 1)
        #expect(ReadySet.milliseconds(.milliseconds(1500)) == 1500)
        #expect(ReadySet.milliseconds(.seconds(1_000_000_000_000)) == 86_400_000)
    }
}
