import FleetModel
import Observation
import Operations
import Processes
import SecureShell

/// The services' view of hosts, over a shell on each.
struct ShellHosts: HostSource, HostControl {
    /// What a host that answers at all needs to tell of its files, slow disks included: `clusterstatus` waits for it.
    private static let lookDeadline: Duration = .seconds(10)
    /// The same for all of it, Compose's start on a busy host included: what follows changes the host, so it may wait.
    static let inspectionDeadline: Duration = .seconds(60)
    /// Bounds what comparing may read: the files of one host are some kilobytes each.
    private static let comparisonLimit = 16 << 20

    let directory: HostDirectory
    let cluster: ClusterName

    func facts(of host: HostName) async throws(HostProblem) -> HostFacts {
        let question = HostQuestion(
            cluster: cluster, data: directory.specification(host)?.data ?? [], scope: .directories)
        let clock = SystemClock()
        let began = clock.now()
        let report = try await report(host, question, deadline: Self.lookDeadline)
        return HostFacts(
            disks: report.disks, retired: report.retired.ids,
            skew: report.now.map { MachineFacts.skew(of: $0, between: began, and: clock.now()) })
    }

    func inspect(_ host: HostName, _ question: HostQuestion) async throws(HostProblem) -> HostAnswers {
        let clock = SystemClock()
        let began = clock.now()
        let report = try await report(host, question, deadline: Self.inspectionDeadline)
        var machine = report.machine
        machine?.skew = report.now.map { MachineFacts.skew(of: $0, between: began, and: clock.now()) }
        // The script itself has run as root: a login that may not do so has failed before.
        return HostAnswers(
            privileged: true, architecture: report.architecture, compose: report.compose, listening: report.listening,
            disks: report.disks, formatted: report.formatted, memory: report.layout, retired: report.retired.ids,
            emptied: report.retired.emptied,
            obstacles: report.obstacles, machine: machine, others: report.others)
    }

    private func report(
        _ host: HostName, _ question: HostQuestion, deadline: Duration
    ) async throws(HostProblem) -> HostReport {
        let remote = try directory.remote(host)
        do throws(SSHError) {
            let result = try await remote.run(
                .script(
                    HostReport.script, HostReport.arguments(question), asRoot: true,
                    limits: OutputLimits(output: HostReport.outputLimit), deadline: deadline))
            let report = HostReport(parsing: result.stdout.text)
            guard report.isComplete else {
                throw SSHError(
                    .readFailed, host: host.rawValue, reason: "the inspection ended early: \(result.stderr.trimmed)",
                    remedy: "see that \(host) has a POSIX shell, awk and df")
            }
            return report
        } catch {
            guard error.code == .deadlineExceeded else { throw HostProblem(error) }
            // A connection that stood before the network broke: that the script did not end says nothing of it.
            throw HostProblem(
                code: "ssh-timed-out", unreachable: true,
                reason: "it does not answer within \(deadline.components.seconds) s",
                remedy: "check that it is up and no firewall stands between; "
                    + "\(directory.commands.line("uptime", on: host)) shows its load")
        }
    }

    func differing(_ files: [FileToPlace], on host: HostName) async throws(HostProblem) -> [String] {
        guard !files.isEmpty else { return [] }
        let remote = try directory.remote(host)
        do throws(SSHError) {
            let result = try await remote.run(
                .script(
                    FileComparison.script, files.map(\.path), asRoot: true,
                    limits: OutputLimits(output: Self.comparisonLimit)))
            let found = FileComparison.parse(result.stdout.bytes)
            return zip(files, files.indices).compactMap { file, index in
                let there = index < found.count ? found[index] : nil
                return there?.bytes == file.contents && there?.mode == file.mode ? nil : file.path
            }
        } catch {
            throw HostProblem(error)
        }
    }

    func place(_ files: [FileToPlace], on host: HostName) async throws(HostProblem) -> [String] {
        let remote = try directory.remote(host)
        do throws(SSHError) {
            let placed = try await remote.place(
                files.map { RemoteFile(path: $0.path, bytes: $0.contents, mode: UInt32($0.mode)) })
            return placed.filter { $0.outcome != .unchanged }.map(\.path)
        } catch {
            throw HostProblem(error)
        }
    }

    func makeDirectories(_ paths: [String], owner: String, on host: HostName) async throws(HostProblem) {
        let remote = try directory.remote(host)
        let result: RemoteResult
        do throws(SSHError) {
            // Only what is made here gets the owner: a directory that was there belongs to whoever made it.
            result = try await remote.run(
                .script(
                    #"o=$1; shift; for d in "$@"; do [ -d "$d" ] && continue; mkdir -p "$d" && chown "$o" "$d" || exit 1; done"#,
                    [owner] + paths, asRoot: true))
        } catch {
            throw HostProblem(error)
        }
        guard result.isSuccess else {
            throw HostProblem(
                code: "directory-failed", unreachable: false,
                reason: "a data directory can't be made on \(host): \(result.stderr.trimmed)",
                remedy: "see that the file system under it is mounted and can be written")
        }
    }

    func contents(of path: String, on host: HostName) async throws(HostProblem) -> [UInt8]? {
        let remote = try directory.remote(host)
        do throws(SSHError) {
            let result = try await remote.run(
                .script(
                    FileComparison.script, [path], asRoot: true,
                    limits: OutputLimits(output: OnHostPath.largestFile + 64), deadline: Self.lookDeadline))
            return FileComparison.parse(result.stdout.bytes).first??.bytes
        } catch {
            throw HostProblem(error)
        }
    }

    func removeFiles(_ paths: [String], on host: HostName) async throws(HostProblem) {
        try await change(host, #"rm -f -- "$@""#, paths, code: "file-failed", what: "files can't be removed")
    }

    func deleteDirectories(_ paths: [String], of cluster: ClusterName, on host: HostName) async throws(HostProblem) {
        let data = directory.specification(host)?.data ?? []
        for path in paths where !OnHostPath.isOwn(path, of: cluster, data: data) {
            throw HostProblem(
                code: "foreign-directory", unreachable: false,
                reason: "\(path) on \(host) is not a directory of cluster \(cluster): it is not deleted",
                remedy: "look at it, and delete it by hand if it is not needed")
        }
        try await change(
            host, #"rm -rf --one-file-system -- "$@""#, paths, code: "directory-failed",
            what: "directories can't be deleted")
    }

    /// Runs a script as root that must succeed.
    private func change(
        _ host: HostName, _ script: String, _ arguments: [String], code: String, what: String
    ) async throws(HostProblem) {
        guard !arguments.isEmpty else { return }
        let remote = try directory.remote(host)
        let result: RemoteResult
        do throws(SSHError) {
            result = try await remote.run(.script(script, arguments, asRoot: true))
        } catch {
            throw HostProblem(error)
        }
        guard result.isSuccess else {
            throw HostProblem(
                code: code, unreachable: false, reason: "\(what) on \(host): \(result.stderr.trimmed)",
                remedy: "see that the file system is mounted and can be written")
        }
    }
}

/// Reads files of a host exactly, in one round trip: for each a line `SIZE MODE`, then the bytes; `-` where none is.
enum FileComparison {
    struct Found: Equatable {
        var bytes: [UInt8]
        var mode: UInt16
    }

    static let script = #"""
        for f in "$@"; do
          if [ -f "$f" ] && [ ! -L "$f" ]; then stat -c '%s %a' -- "$f" && cat -- "$f"; else echo -; fi
        done
        """#

    /// The files in the order asked for; ends early where the output does not fit itself.
    static func parse(_ output: [UInt8]) -> [Found?] {
        var found: [Found?] = []
        var rest = output[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if line == "-" {
                found.append(nil)
                continue
            }
            let words = line.split(separator: " ")
            guard words.count == 2, let size = Int(words[0]), let mode = UInt16(words[1], radix: 8),
                size >= 0, size <= rest.count
            else { return found }
            found.append(Found(bytes: Array(rest.prefix(size)), mode: mode))
            rest = rest.dropFirst(size)
        }
        return found
    }
}
