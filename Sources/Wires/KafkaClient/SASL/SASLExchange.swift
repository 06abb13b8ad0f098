/// One login's conversation as a value: bytes of the server in, bytes of the client out.
struct SASLExchange: Sendable {
    /// Why a login cannot go on.
    struct Failure: Error, Equatable {
        var reason: String
    }

    enum Step: Equatable {
        case send([UInt8])
        /// The server has proved itself, or need not.
        case done
    }

    private enum State {
        case plain
        case scram(SCRAMExchange)
    }

    private let login: SASLLogin
    private var state: State

    /// A conversation; `nonce` is printable, without a comma, and never used twice (SCRAM only).
    init(login: SASLLogin, nonce: String) {
        self.login = login
        state =
            switch login.mechanism {
            case .plain: .plain
            case .scramSHA256: .scram(SCRAMExchange(hash: .sha256, login: login, nonce: nonce))
            case .scramSHA512: .scram(SCRAMExchange(hash: .sha512, login: login, nonce: nonce))
            }
    }

    /// What the client says first.
    func firstMessage() throws(Failure) -> [UInt8] {
        switch state {
        case .plain:
            // The zero byte separates the parts (RFC 4616).
            guard !login.user.utf8.contains(0), !login.password.utf8.contains(0) else {
                throw Failure(reason: "a user or password cannot hold a zero byte")
            }
            return [0] + Array(login.user.utf8) + [0] + Array(login.password.utf8)
        case .scram(let exchange): return exchange.firstMessage()
        }
    }

    /// What follows the server's answer.
    mutating func answer(_ bytes: [UInt8]) throws(Failure) -> Step {
        switch state {
        case .plain: return .done
        case .scram(var exchange):
            let step = try exchange.answer(bytes)
            state = .scram(exchange)
            return step
        }
    }
}
