import FleetModel
import Transfers

/// A login at a registry. It is sent to the daemon in a header of its own and stands in no text: neither in an error nor in
/// a description.
public struct RegistryLogin: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The name.
    public let user: String
    /// The registry: `registry.example.com:5000`.
    public let server: String
    private let password: String

    /// A login of `user` at `server`.
    public init(user: String, password: String, server: String) {
        self.user = user
        self.password = password
        self.server = server
    }

    /// Without the password.
    public var description: String { "\(user) at \(server)" }
    /// Without the password.
    public var debugDescription: String { description }

    /// `X-Registry-Auth`: JSON in base64 for URLs (RFC 4648, section 5), which Go's decoder wants with its padding.
    var header: HTTPHeader {
        let value: JSONValue = [
            "username": .string(user), "password": .string(password), "serveraddress": .string(server),
        ]
        return HTTPHeader("X-Registry-Auth", Self.base64(value.bytes()))
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func base64(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            var digits: [UInt8] = []
            for _ in 0..<4 {
                digits.append(alphabet[Int(bits & 63)])
                bits >>= 6
            }
            digits.reverse()
            for place in digits.indices where place > group.count { digits[place] = UInt8(ascii: "=") }
            result += digits
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension DockerEngine {
    /// The digest that a registry has an image under now (`GET /distribution/NAME/json`): the daemon asks it.
    ///
    /// - Throws: `DockerError`; `.notFound(.image)` or `.server` where the registry has none, can't be reached, or refuses the login.
    public func registryDigest(
        of image: ImageReference, login: RegistryLogin? = nil
    ) async throws(DockerError) -> String {
        let operation = "look for the image \(image) in its registry"
        guard let reference = image.path else {
            throw fail(operation, .invalidRequest, "no image can have such a name")
        }
        var call = DockerCall(operation, .get, "/distribution/\(reference)/json")
        if let login { call.headers.append(login.header) }
        return try await read(call) { value throws(AnswerMistake) in
            try DockerAnswer(value).object("Descriptor").required("digest")
        }
    }
}
