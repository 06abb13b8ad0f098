/// Placing files: the stream that goes to the host, the script that reads it, what the script answers.
///
/// First every file is staged beside its place and synced; only when all of them are there, each is compared and renamed.
/// So a connection lost, or a disk full, half way changes nothing.
enum Placement {
    /// 64 MiB in all: configuration is kilobytes, and the stream is made in memory.
    static let mostBytes = 64 << 20

    /// Each file: a line `mode owner size`, a line with the path, the bytes. Then `end`.
    static func stream(_ files: [RemoteFile]) -> [UInt8] {
        var stream: [UInt8] = []
        stream.reserveCapacity(files.reduce(64) { $0 + $1.bytes.count + $1.path.utf8.count + 64 })
        for file in files {
            let mode = String(file.mode & 0o7777, radix: 8)
            stream += Array("\(mode) \(file.owner ?? "-") \(file.bytes.count)\n\(file.path)\n".utf8)
            stream += file.bytes
        }
        return stream + Array("end\n".utf8)
    }

    /// `head -c` of coreutils takes no byte more than it is told from a pipe, and the shell's `read` none beyond the newline.
    static let script = """
        n=0
        clean() { i=0; while [ "$i" -lt "$n" ]; do eval "rm -f -- \\"\\$t$i\\""; i=$((i + 1)); done; }
        fail() { printf 'failed %s\\n' "$1"; exit 1; }
        trap clean EXIT
        trap 'exit 1' HUP INT TERM
        umask 022
        set -f
        complete=
        while IFS= read -r header; do
            [ "$header" = end ] && { complete=1; break; }
            set -- $header
            mode=$1 owner=$2 size=$3
            IFS= read -r path || break
            dir=${path%/*}/
            mkdir -p -- "$dir" || fail "$n"
            t=$(mktemp -- "$dir.gantry-new.XXXXXXXX") || fail "$n"
            eval "t$n=\\$t p$n=\\$path o$n=\\$owner"
            n=$((n + 1))
            head -c "$size" >"$t" || fail "$((n - 1))"
            [ "$(stat -c %s -- "$t")" = "$size" ] || break
            [ "$owner" = - ] || chown -- "$owner" "$t" || fail "$((n - 1))"
            chmod -- "$mode" "$t" || fail "$((n - 1))"
            sync -- "$t" || fail "$((n - 1))"
        done
        [ -n "$complete" ] || fail cut
        k=0
        while [ "$k" -lt "$n" ]; do
            eval "t=\\$t$k path=\\$p$k owner=\\$o$k"
            facts=%a; [ "$owner" = - ] || facts='%a %u %g'
            outcome=created
            if [ -e "$path" ] || [ -L "$path" ]; then outcome=changed; fi
            if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s -- "$t" "$path" \\
                && [ "$(stat -c "$facts" -- "$t")" = "$(stat -c "$facts" -- "$path")" ]; then
                outcome=unchanged
            else
                mv -fT -- "$t" "$path" || fail "$k"
                sync -- "${path%/*}/" || fail "$k"
            fi
            printf '%s %s\\n' "$outcome" "$k"
            k=$((k + 1))
        done
        """

    /// What the script said: an outcome for each file placed, and the number of the one that failed.
    struct Answer: Equatable {
        var placed: [PlacedFile] = []
        var failed: Int?
        var wasCut = false
    }

    static func parse(_ output: String, files: [RemoteFile]) -> Answer {
        var answer = Answer()
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2 else { continue }
            if words[0] == "failed" {
                answer.failed = Int(words[1])
                answer.wasCut = words[1] == "cut"
            } else if let outcome = PlacedFile.Outcome(rawValue: String(words[0])), let number = Int(words[1]),
                files.indices.contains(number)
            {
                answer.placed.append(PlacedFile(path: files[number].path, outcome: outcome))
            }
        }
        return answer
    }
}
