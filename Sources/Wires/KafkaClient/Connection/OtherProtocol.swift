/// What a peer is that does not speak Kafka, told by its first four bytes, which were read as a frame's length.
enum OtherProtocol: String {
    case tls = "TLS"
    case http = "HTTP"
    case ssh = "SSH"

    init?(length: Int) {
        let bits = UInt32(truncatingIfNeeded: length)
        switch bits {
        case 0x1503_0000...0x1503_04FF, 0x1603_0000...0x1603_04FF: self = .tls
        case 0x4854_5450: self = .http  // "HTTP"
        case 0x5353_482D: self = .ssh  // "SSH-"
        default: return nil
        }
    }

    var remedy: String {
        switch self {
        case .tls: "Set TLS for this listener, or use a plain one."
        case .http, .ssh: "Use the port of a Kafka listener."
        }
    }
}
