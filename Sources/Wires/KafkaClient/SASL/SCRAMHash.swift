internal import COpenSSL

/// The functions of a hash that SCRAM is made of.
enum SCRAMHash: Sendable {
    case sha256
    case sha512

    private var digest: OpaquePointer? {
        switch self {
        case .sha256: EVP_sha256()
        case .sha512: EVP_sha512()
        }
    }

    /// Bytes of a digest.
    var size: Int {
        switch self {
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// H of RFC 5802.
    func digest(_ bytes: [UInt8]) -> [UInt8] {
        fill { EVP_Digest(bytes, bytes.count, $0, nil, digest, nil) == 1 }
    }

    /// HMAC of RFC 5802.
    func authenticate(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        fill { HMAC(digest, key, CInt(key.count), bytes, bytes.count, $0, nil) != nil }
    }

    /// Hi of RFC 5802, which is PBKDF2.
    func stretch(_ password: [UInt8], salt: [UInt8], iterations: Int32) -> [UInt8] {
        let size = CInt(size)
        return password.withUnsafeBytes { password in
            fill {
                PKCS5_PBKDF2_HMAC(
                    password.baseAddress.map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) },
                    CInt(password.count), salt, CInt(salt.count), iterations, digest, size, $0) == 1
            }
        }
    }

    /// Equality in a time that depends on nothing but the length.
    static func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }

    private func fill(_ body: (UnsafeMutablePointer<UInt8>?) -> Bool) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            // OpenSSL without SHA-2, or without memory, is a broken system.
            precondition(body(buffer.baseAddress), "OpenSSL cannot compute a SHA-2 digest")
            count = size
        }
    }
}
