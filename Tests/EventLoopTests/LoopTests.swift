import Foundation
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(5))) struct LoopTests {
    private actor Counter {
        let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private(set) var value = 0
        private(set) var strayed = 0
        init(loop: EventLoop) { self.loop = loop }

        func add() {
            value += 1
            if !loop.isCurrent { strayed += 1 }
        }
    }

    @Test func `actors of the loop run on its thread, one job at a time`() async throws {
        try await withEventLoop { loop in
            let counter = Counter(loop: loop)
            await withTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask { for _ in 0..<100 { await counter.add() } }
                }
            }
            #expect(await counter.value == 10_000)
            #expect(await counter.strayed == 0)
        }
    }

    @Test func `tasks that prefer the loop run on its thread`() async throws {
        try await withEventLoop { loop in
            let onLoop = await withTaskExecutorPreference(loop.tasks) { @concurrent () async in loop.isCurrent }
            #expect(onLoop)
        }
    }

    @Test func `closures run in the order in which they were given`() async throws {
        try await withEventLoop { loop in
            let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
            for number in 0..<1000 { loop.execute { continuation.yield(number) } }
            loop.execute { continuation.finish() }
            var seen: [Int] = []
            for await number in stream { seen.append(number) }
            #expect(seen == Array(0..<1000))
        }
    }

    @Test func `sleep returns after its deadline, and sooner when cancelled`() async throws {
        try await withEventLoop { loop in
            let start = ContinuousClock.now
            try await loop.sleep(for: .milliseconds(20))
            #expect(ContinuousClock.now - start >= .milliseconds(20))
            await withTaskGroup { group in
                group.addTask {
                    await #expect(throws: EventLoopError.self) { try await loop.sleep(for: .seconds(3600)) }
                }
                group.cancelAll()
            }
        }
    }

    @Test func `a cancelled action does not run, and its neighbour does`() async throws {
        try await withEventLoop { loop in
            let (stream, continuation) = AsyncStream.makeStream(of: String.self)
            loop.execute {
                let first = loop.schedule(at: .now + .milliseconds(5)) { continuation.yield("taken back") }
                _ = loop.schedule(at: .now + .milliseconds(10)) {
                    continuation.yield("kept")
                    continuation.finish()
                }
                loop.cancel(first)
            }
            var seen: [String] = []
            for await word in stream { seen.append(word) }
            #expect(seen == ["kept"])
        }
    }

    @Test func `stopping lets go of the loop and closes what is still open`() async throws {
        weak var stopped: EventLoop?
        var sockets: [String] = []
        try await withEventLoop { loop in
            stopped = loop
            let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            let connection = try await loop.connect(to: listener.endpoint, deadline: .now + ample)
            try await connection.write([1, 2, 3])
            for descriptor in [await listener.descriptor, await connection.descriptor] {
                sockets.append(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)"))
            }
        }
        // The last job's thread may be a moment behind with letting go.
        let limit = ContinuousClock.now + ample
        while stopped != nil, ContinuousClock.now < limit { await Task.yield() }
        #expect(stopped == nil)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
        #expect(sockets.count == 2 && Set(open).isDisjoint(with: sockets))
    }

    @Test func `an action that was scheduled beyond the loop's end never runs`() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        try await withEventLoop { loop in
            loop.execute { _ = loop.schedule(at: .now + .seconds(3600)) { continuation.yield(1) } }
        }
        continuation.finish()
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count == 0)
    }
}
