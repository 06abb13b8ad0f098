import FleetModel
import FleetSimulator
import Testing

struct VirtualTimeTests {
    @Test func `hours pass in no time, in the order of the sleepers`() throws {
        let time = VirtualTime()
        let order = time.run {
            await withTaskGroup(of: String.self) { group in
                for (name, hours) in [("late", 30), ("early", 1), ("middle", 7)] {
                    group.addTask {
                        try? await time.sleep(for: .seconds(hours * 3600))
                        return name
                    }
                }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
        }
        #expect(order == ["early", "middle", "late"])
        #expect(time.uptime() == .seconds(30 * 3600))
    }

    @Test func `a cancelled sleeper wakes at once and time stands still`() throws {
        let time = VirtualTime()
        let outcome = time.run {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await time.sleep(for: .seconds(3600))) == nil }
                group.cancelAll()
                return await group.next() ?? false
            }
        }
        #expect(outcome == true)
        #expect(time.uptime() == .zero)
    }

    @Test func `a program that waits for something outside is said to, not waited for`() {
        let time = VirtualTime()
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let stuck = time.run { () -> Int in
            for await _ in stream {}
            return 1
        }
        #expect(stuck == nil)
        continuation.finish()
    }
}
