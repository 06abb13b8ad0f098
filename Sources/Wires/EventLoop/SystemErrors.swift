internal import Glibc

/// Which failures of system calls mean what to a caller.
enum SystemErrors {
    static func code(_ number: CInt) -> EventLoopError.Code {
        switch number {
        case ECONNREFUSED: .connectionRefused
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, ENOENT, EACCES, EPERM: .unreachable
        case ETIMEDOUT: .deadlineExceeded
        case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: .connectionReset
        default: .system
        }
    }
}
