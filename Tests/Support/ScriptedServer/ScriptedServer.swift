import Foundation
import Glibc

/// A server on a unix socket of its own that does to each connection what a test's script says.
///
/// It knows just enough HTTP to cut a request into its parts, so that a test sees what was really sent and can answer
/// with anything, down to single bytes. Each connection has a thread; all of them have ended when
/// `withScriptedServer` returns.
public final class ScriptedServer: @unchecked Sendable {
    /// Where it listens.
    public let socketPath: String
    private let directory: String
    private let listener: Int32
    private let script: @Sendable (ScriptedConnection) -> Void
    private let lock = NSLock()
    private let threads = DispatchGroup()
    // Under the lock.
    private var seen: [ScriptedRequest] = []
    private var open: [Int32] = []
    private var isEnding = false

    fileprivate init(_ script: @escaping @Sendable (ScriptedConnection) -> Void) throws {
        self.script = script
        var template = Array("/tmp/scripted-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ScriptedServerError.system(errno) }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        socketPath = directory + "/socket"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
        }
        guard code == 0, listen(listener, 128) == 0 else { throw ScriptedServerError.system(errno) }
        spawn { self.acceptAll() }
    }

    /// What arrived until now, in order of arrival.
    public var requests: [ScriptedRequest] { lock.withLock { seen } }

    fileprivate func record(_ request: ScriptedRequest) { lock.withLock { seen.append(request) } }

    private func spawn(_ body: @escaping @Sendable () -> Void) {
        threads.enter()
        let thread = Thread { [threads] in
            body()
            threads.leave()
        }
        thread.start()
    }

    private func acceptAll() {
        var number = 0
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            let isWelcome = lock.withLock {
                if !isEnding { open.append(descriptor) }
                return !isEnding
            }
            guard isWelcome else {
                close(descriptor)
                return
            }
            let connection = ScriptedConnection(number: number, descriptor: descriptor, server: self)
            number += 1
            spawn {
                self.script(connection)
                self.lock.withLock {
                    self.open.removeAll { $0 == descriptor }
                    close(descriptor)
                }
            }
        }
    }

    /// Ends every connection and waits for their scripts.
    fileprivate func end() async {
        lock.withLock {
            isEnding = true
            for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
        close(listener)
        unlink(socketPath)
        rmdir(directory)
    }
}

/// The server could not be set up.
public enum ScriptedServerError: Error {
    /// The system's error number.
    case system(Int32)
}

/// Runs `body` beside a server that treats every connection by `script`, and ends the server in any case.
public func withScriptedServer<Value>(
    _ script: @escaping @Sendable (ScriptedConnection) -> Void,
    _ body: (ScriptedServer) async throws -> Value
) async throws -> Value {
    let server = try ScriptedServer(script)
    let result: Result<Value, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    await server.end()
    return try result.get()
}

/// One connection, used by its script alone.
public struct ScriptedConnection: Sendable {
    /// The connection's place in the order of their coming, from 0.
    public let number: Int
    let descriptor: Int32
    let server: ScriptedServer

    /// The next request, whole; nil if the peer left first. It is recorded in `ScriptedServer.requests`.
    public func readRequest() -> ScriptedRequest? {
        var bytes: [UInt8] = []
        while true {
            guard let byte = readByte() else { return nil }
            bytes.append(byte)
            if bytes.suffix(4).elementsEqual([13, 10, 13, 10]) { break }
        }
        let lines = String(decoding: bytes.dropLast(4), as: UTF8.self).components(separatedBy: "\r\n")
        var request = ScriptedRequest(line: lines[0], headers: Array(lines.dropFirst()), body: [])
        if request["transfer-encoding"] == "chunked" {
            guard let body = readChunks() else { return nil }
            request.body = body
        } else if let count = request["content-length"].flatMap({ Int($0) }) {
            guard let body = read(count) else { return nil }
            request.body = body
        }
        server.record(request)
        return request
    }

    /// Sends all of it; false if the peer is gone.
    @discardableResult
    public func send(_ bytes: some Sequence<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends the text as UTF-8.
    @discardableResult
    public func send(_ text: String) -> Bool { send(text.utf8) }

    /// Sends an answer with a length.
    @discardableResult
    public func answer(_ body: String = "", status: String = "200 OK", headers: [String] = []) -> Bool {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        return send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Starts an answer of chunks.
    @discardableResult
    public func startChunks(_ status: String = "200 OK", headers: [String] = []) -> Bool {
        let lines = ["HTTP/1.1 \(status)", "Transfer-Encoding: chunked"] + headers
        return send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Sends one chunk; an empty one ends the answer.
    @discardableResult
    public func sendChunk(_ bytes: some Collection<UInt8>) -> Bool {
        send(Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + Array("\r\n".utf8))
    }

    /// Sends one chunk of text.
    @discardableResult
    public func sendChunk(_ text: String) -> Bool { sendChunk(Array(text.utf8)) }

    /// Waits until the peer has closed the connection, or the server ends.
    public func waitForPeerToLeave() { while readByte() != nil {} }

    /// Closes the connection in both directions, whatever was promised.
    public func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func readByte() -> UInt8? {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) == 1 ? byte : nil
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var space = [UInt8](repeating: 0, count: 65536)
        while bytes.count < count {
            let got = recv(descriptor, &space, min(space.count, count - bytes.count), 0)
            guard got > 0 else { return nil }
            bytes += space[..<got]
        }
        return bytes
    }

    private func readChunks() -> [UInt8]? {
        var bytes: [UInt8] = []
        while true {
            var line = ""
            while !line.hasSuffix("\r\n") {
                guard let byte = readByte() else { return nil }
                line.unicodeScalars.append(Unicode.Scalar(byte))
            }
            guard let count = Int(line.dropLast(), radix: 16), let chunk = read(count), read(2) != nil else {
                return nil
            }
            if count == 0 { return bytes }
            bytes += chunk
        }
    }
}

/// A request as it came over the wire.
public struct ScriptedRequest: Sendable, Equatable {
    /// For example `GET /_ping HTTP/1.1`.
    public let line: String
    /// The header lines as sent.
    public let headers: [String]
    /// The body without any transfer coding.
    public internal(set) var body: [UInt8]

    /// Verb and target of the request line.
    public var call: String { line.components(separatedBy: " ").prefix(2).joined(separator: " ") }
    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of a header, whatever the case of its name.
    public subscript(name: String) -> String? {
        for header in headers {
            guard let colon = header.firstIndex(of: ":"), header[..<colon].lowercased() == name.lowercased() else {
                continue
            }
            return header[header.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }
}
