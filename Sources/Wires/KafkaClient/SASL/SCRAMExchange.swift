/// SCRAM without channel binding, as Kafka speaks it. (RFC 5802, RFC 7677, KIP-84)
struct SCRAMExchange: Sendable {
    /// Iterations at least: Kafka's own minimum, and RFC 7677's; fewer would help whoever stole an answer.
    static let fewestIterations = 4096
    /// Iterations at most: Kafka stores up to 16,384; a server that asks for far more wants this client's time.
    static let mostIterations = 131_072

    private enum State {
        case first
        case final(serverSignature: [UInt8])
        case done
    }

    private let hash: SCRAMHash
    private let login: SASLLogin
    private let nonce: String
    private var state = State.first

    init(hash: SCRAMHash, login: SASLLogin, nonce: String) {
        self.hash = hash
        self.login = login
        self.nonce = nonce
    }

    private var firstBare: String { "n=\(Self.escaped(login.user)),r=\(nonce)" }

    func firstMessage() -> [UInt8] { Array("n,,\(firstBare)".utf8) }

    mutating func answer(_ bytes: [UInt8]) throws(SASLExchange.Failure) -> SASLExchange.Step {
        guard let message = String(validating: bytes, as: UTF8.self) else {
            throw SASLExchange.Failure(reason: "the server's SCRAM message is not text")
        }
        switch state {
        case .first:
            let (reply, signature) = try finalMessage(message)
            state = .final(serverSignature: signature)
            return .send(reply)
        case .final(let expected):
            try verify(message, expected)
            state = .done
            return .done
        case .done: throw SASLExchange.Failure(reason: "the server goes on after the login's end")
        }
    }

    private func finalMessage(
        _ serverFirst: String
    ) throws(SASLExchange.Failure) -> (reply: [UInt8], serverSignature: [UInt8]) {
        let attributes = Self.attributes(serverFirst)
        if let error = attributes["e"] { throw SASLExchange.Failure(reason: "the server refuses: \(error)") }
        guard let combined = attributes["r"], combined.hasPrefix(nonce), combined.utf8.count > nonce.utf8.count else {
            throw SASLExchange.Failure(reason: "the server's nonce does not continue this client's")
        }
        guard let salt = attributes["s"].flatMap({ Base64.decode($0) }), !salt.isEmpty else {
            throw SASLExchange.Failure(reason: "the server's salt is missing or malformed")
        }
        guard let iterations = attributes["i"].flatMap({ Int32($0) }),
            (Self.fewestIterations...Self.mostIterations).contains(Int(iterations))
        else {
            throw SASLExchange.Failure(
                reason: "the server's iteration count is not in \(Self.fewestIterations)…\(Self.mostIterations)")
        }
        // "biws" is base64 of "n,,": no channel binding.
        let withoutProof = "c=biws,r=\(combined)"
        let transcript = Array("\(firstBare),\(serverFirst),\(withoutProof)".utf8)
        let salted = hash.stretch(Array(login.password.utf8), salt: salt, iterations: iterations)
        let clientKey = hash.authenticate(Array("Client Key".utf8), key: salted)
        let signature = hash.authenticate(transcript, key: hash.digest(clientKey))
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        let serverKey = hash.authenticate(Array("Server Key".utf8), key: salted)
        let reply = "\(withoutProof),p=\(Base64.encode(proof))"
        return (Array(reply.utf8), hash.authenticate(transcript, key: serverKey))
    }

    private func verify(_ serverFinal: String, _ expected: [UInt8]) throws(SASLExchange.Failure) {
        let attributes = Self.attributes(serverFinal)
        if let error = attributes["e"] { throw SASLExchange.Failure(reason: "the server refuses: \(error)") }
        guard let signature = attributes["v"].flatMap({ Base64.decode($0) }), SCRAMHash.equal(signature, expected)
        else {
            throw SASLExchange.Failure(reason: "the server does not know this user's password either")
        }
    }

    /// `a=…,b=…`; the first of a repeated name counts.
    private static func attributes(_ message: String) -> [String: String] {
        var attributes: [String: String] = [:]
        for part in message.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "="), attributes[String(part[..<equals])] == nil else { continue }
            attributes[String(part[..<equals])] = String(part[part.index(after: equals)...])
        }
        return attributes
    }

    private static func escaped(_ user: String) -> String {
        user.reduce(into: "") { text, character in
            switch character {
            case "=": text += "=3D"
            case ",": text += "=2C"
            default: text.append(character)
            }
        }
    }
}
