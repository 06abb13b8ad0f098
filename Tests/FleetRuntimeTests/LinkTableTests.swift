import Testing

@testable import FleetRuntime

@Suite struct LinkTableTests {
    private typealias Table = LinkTable<String, String, Int>

    private func expect(_ answer: Table.Answer, _ words: String, _ location: SourceLocation = #_sourceLocation) {
        #expect(self.words(answer) == words, sourceLocation: location)
    }

    private func words(_ answer: Table.Answer) -> String {
        switch answer {
        case .use(let link): "use \(link.resource) \(link.number)"
        case .open: "open"
        case .wait: "wait"
        case .closed: "closed"
        }
    }

    @Test func `the first who wants a link opens it, and the others wait`() {
        var table = Table()
        expect(table.want("a", 1), "open")
        expect(table.want("a", 2), "wait")
        expect(table.want("b", 3), "open")
        let waiters = table.opened("a", "engine").waiters
        #expect(waiters == [1, 2])
        expect(table.want("a", 4), "use engine 1")
    }

    @Test func `who waits for a link that can't be opened is told, and the next one tries again`() {
        var table = Table()
        _ = table.want("a", 1)
        let told = table.ended("a", nil)
        #expect(told == [1])
        expect(table.want("a", 2), "open")
    }

    @Test func `a discarded link is opened anew, and its own end does not touch the new one`() {
        var table = Table()
        _ = table.want("a", 1)
        let first = table.opened("a", "engine").link
        let discarded = [table.discard("a", first.number), table.discard("a", first.number)]
        #expect(discarded == [true, false])
        expect(table.want("a", 2), "open")
        let told = [
            table.ended("a", first.number), table.opened("a", "other").waiters, table.ended("a", first.number),
        ]
        #expect(told == [[], [2], []])
        expect(table.want("a", 3), "use other 2")
    }

    @Test func `a link that ends by itself is opened anew by the next who wants it`() {
        var table = Table()
        _ = table.want("a", 1)
        let link = table.opened("a", "engine").link
        let told = table.ended("a", link.number)
        #expect(told.isEmpty)
        expect(table.want("a", 2), "open")
    }

    @Test func `closing tells all who wait, and nothing is opened afterwards`() {
        var table = Table()
        _ = table.want("a", 1)
        _ = table.want("a", 2)
        let told = table.close()
        #expect(told.sorted() == [1, 2])
        expect(table.want("a", 3), "closed")
        let late = table.opened("a", "late").waiters
        #expect(late.isEmpty)
    }
}

@Suite struct LinksTests {
    private struct Refused: Error {}

    /// Runs `body` while links of strings are kept; opening "bad" fails.
    private func withLinks(
        _ body: @Sendable (Links<String, String, any Error>) async throws -> Void
    ) async throws {
        let links = Links<String, String, any Error>(
            open: { key, body in
                if key == "bad" { throw Refused() }
                await body("link to \(key)")
            }, problem: { $0 })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await links.run() }
            defer { group.cancelAll() }
            try await body(links)
        }
    }

    @Test func `all who want the same link get the same one`() async throws {
        try await withLinks { links in
            async let first = links.link("a")
            async let second = links.link("a")
            let (one, two) = try await (first, second)
            #expect(one.resource == "link to a")
            #expect(one.number == two.number)
        }
    }

    @Test func `a link that can't be opened says why`() async throws {
        try await withLinks { links in
            await #expect(throws: Refused.self) { try await links.link("bad") }
        }
    }

    @Test func `a discarded link is replaced by another`() async throws {
        try await withLinks { links in
            let first = try await links.link("a")
            links.discard(first, of: "a")
            #expect(try await links.link("a").number != first.number)
        }
    }

    @Test func `after the end nobody waits for ever`() async throws {
        let links = Links<String, String, any Error>(open: { _, body in await body("") }, problem: { $0 })
        let run = Task { await links.run() }
        run.cancel()
        await run.value
        await #expect(throws: CancellationError.self) { try await links.link("a") }
    }
}
