import Foundation
import Glibc

/// A mail server on 127.0.0.1 that answers each line of a client as a test's script says. Each connection has a thread;
/// all have ended when `withMailServer` returns.
final class ScriptedMailServer: @unchecked Sendable {
    /// What the server does at a client's line.
    enum Answer {
        case say(String)
        case close
        /// Nothing, until the client leaves.
        case hang
    }

    let port: UInt16
    private let listener: Int32
    private let greeting: Answer
    private let script: @Sendable (String) -> Answer
    private let lock = NSLock()
    private let threads = DispatchGroup()
    // Under the lock.
    private var seen: [String] = []
    private var mails: [String] = []
    private var open: [Int32] = []
    private var isEnding = false

    var url: String { "smtp://127.0.0.1:\(port)" }
    /// Every line of the dialogue that a client sent.
    var lines: [String] { lock.withLock { seen } }
    /// Every mail that was taken, as it came.
    var taken: [String] { lock.withLock { mails } }

    init(port wanted: UInt16 = 0, greeting: Answer, script: @escaping @Sendable (String) -> Answer) throws {
        (self.greeting, self.script) = (greeting, script)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = wanted.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 16) == 0
                    ? getsockname(listener, address, &size) : -1
            }
        }
        guard code == 0 else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        spawn { self.acceptAll() }
    }

    private func spawn(_ body: @escaping @Sendable () -> Void) {
        threads.enter()
        Thread { [threads] in
            body()
            threads.leave()
        }.start()
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            guard
                lock.withLock({ () -> Bool in
                    if !isEnding { open.append(client) }; return !isEnding
                })
            else {
                close(client)
                return
            }
            spawn {
                self.serve(client)
                self.lock.withLock {
                    self.open.removeAll { $0 == client }
                    close(client)
                }
            }
        }
    }

    private func serve(_ client: Int32) {
        guard answer(greeting, client) else { return }
        while let line = readLine(client) {
            lock.withLock { seen.append(line) }
            if line == "DATA" {
                let reply = script(line)
                guard answer(reply, client) else { return }
                guard case .say(let text) = reply, text.hasPrefix("354") else { continue }
                var mail: [String] = []
                while let line = readLine(client), line != "." {
                    mail.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
                }
                let verdict = script(".")
                if case .say(let text) = verdict, text.hasPrefix("2") {
                    lock.withLock { mails.append(mail.joined(separator: "\r\n")) }
                }
                guard answer(verdict, client) else { return }
            } else if !answer(script(line), client) || line == "QUIT" {
                return
            }
        }
    }

    private func answer(_ answer: Answer, _ client: Int32) -> Bool {
        switch answer {
        case .close: return false
        case .hang:
            while readLine(client) != nil {}
            return false
        case .say(let text):
            let bytes = Array("\(text)\r\n".utf8)
            return send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
    }

    private func readLine(_ client: Int32) -> String? {
        var line: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            guard recv(client, &byte, 1, 0) == 1 else { return nil }
            if byte == 0x0a { return String(decoding: line.dropLast(line.last == 0x0d ? 1 : 0), as: UTF8.self) }
            line.append(byte)
        }
    }

    func end() async {
        lock.withLock {
            isEnding = true
            for client in open { shutdown(client, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
        await withCheckedContinuation { done in threads.notify(queue: .global()) { done.resume() } }
        close(listener)
    }

    /// What a server without extensions says to everything.
    static func polite(_ line: String) -> Answer {
        switch line.split(separator: " ").first {
        case "DATA": .say("354 go on")
        case "QUIT": .say("221 bye")
        default: .say("250 ok")
        }
    }
}

func withMailServer<Value>(
    port: UInt16 = 0, greeting: ScriptedMailServer.Answer = .say("220 mail.test ESMTP"),
    _ script: @escaping @Sendable (String) -> ScriptedMailServer.Answer = ScriptedMailServer.polite,
    _ body: (ScriptedMailServer) async throws -> Value
) async throws -> Value {
    let server = try ScriptedMailServer(port: port, greeting: greeting, script: script)
    let result: Result<Value, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    await server.end()
    return try result.get()
}
