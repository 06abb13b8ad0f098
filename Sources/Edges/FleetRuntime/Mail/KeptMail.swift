import FleetModel

/// A mail that waits, with what came of trying to send it.
struct KeptMail: Codable, Equatable {
    /// One minute, doubled with each try, up to an hour: a server that is restarted is met soon, one that is gone seldom.
    private static let firstPause: Duration = .seconds(60)
    private static let longestPause: Duration = .seconds(3600)

    var message: MailMessage
    var attempts = 0
    var lastTried: Timestamp?
    var problem: String?
    /// Whether it was this mail alone that the server would not have: others may go before it.
    var isRefused = false

    /// Whether it is time to try again.
    func isDue(at now: Timestamp) -> Bool {
        guard let lastTried else { return true }
        let pause = min(Self.longestPause, Self.firstPause * (1 << min(max(attempts - 1, 0), 10)))
        let waited = now.since(lastTried)
        // A clock that was set back is no reason to wait for it.
        return waited >= pause || waited < .zero
    }

    func failed(_ problem: String, isRefused: Bool, at now: Timestamp) -> KeptMail {
        var kept = self
        kept.attempts += 1
        kept.lastTried = now
        kept.problem = problem
        kept.isRefused = isRefused
        return kept
    }
}
