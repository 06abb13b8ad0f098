import Glibc

/// Standard input, output and error where whoever started the process closed them (`>&-`).
enum StandardStreams {
    /// Takes the numbers of those that are closed, before a journal or a socket gets one of them and documents are written
    /// into it. What is written there, or read, fails as it would on a closed one.
    static func occupy() {
        for descriptor in CInt(0)...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // The lowest free number is given out: those below are taken by now.
            _ = open("/dev/null", (descriptor == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC)
        }
    }
}
