import Foundation

/// Archives as `docker save` writes them, of an image with one static program in it.
struct ToyImages {
    /// `toy:1`, for this machine.
    let archive: String
    /// `toy:foreign`, for a processor that this machine has not.
    let foreignArchive: String

    static let source = """
        #include <signal.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>

        static void leave(int signal) { (void)signal; _exit(143); }

        int main(int count, char **words) {
            const char *what = count > 1 ? words[1] : "";
            long number = count > 2 ? atol(words[2]) : 0;
            if (!strcmp(what, "exit")) return (int)number;
            if (!strcmp(what, "lines"))
                for (long i = 1; i <= number; i++) printf("line %ld\\n", i);
            if (!strcmp(what, "long")) {
                for (long i = 0; i < number; i++) putchar('x');
                putchar('\\n');
            }
            if (!strcmp(what, "both")) {
                printf("out\\n");
                fflush(stdout);
                fprintf(stderr, "err\\n");
                return (int)number;
            }
            if (!strcmp(what, "cat")) {
                FILE *file = fopen(words[2], "r");
                if (!file) { perror(words[2]); return 2; }
                for (int c; (c = getc(file)) != EOF;) putchar(c);
            }
            if (!strcmp(what, "eat"))
                for (;;) memset(malloc(1 << 20), 1, 1 << 20);
            if (!strcmp(what, "stay")) {
                signal(SIGTERM, leave);
                printf("staying\\n");
                fflush(stdout);
                for (;;) pause();
            }
            return 0;
        }
        """

    init(directory: String) throws {
        let files = FileManager.default
        try files.createDirectory(atPath: directory + "/root/opt/kafka/bin", withIntermediateDirectories: true)
        try Data(Self.source.utf8).write(to: URL(fileURLWithPath: directory + "/toy.c"))
        try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: directory + "/root/opt/kafka/bin/kafka.sh"))
        try runProgram("cc", ["-static", "-O1", "-o", directory + "/root/toy", directory + "/toy.c"])
        try runProgram("tar", ["-C", directory + "/root", "-cf", directory + "/layer.tar", "."])
        let digest = try runProgram("sha256sum", [directory + "/layer.tar"]).prefix(64)
        #if arch(arm64)
            let (native, foreign) = ("arm64", "amd64")
        #else
            let (native, foreign) = ("amd64", "arm64")
        #endif
        archive = try Self.archive(directory, "toy:1", native, digest)
        foreignArchive = try Self.archive(directory, "toy:foreign", foreign, digest)
    }

    private static func archive(
        _ directory: String, _ tag: String, _ architecture: String, _ digest: Substring
    ) throws -> String {
        let config = """
            {"architecture":"\(architecture)","os":"linux","created":"2026-05-01T03:00:00.123456789Z",
            "config":{"Entrypoint":["/toy"],"Labels":{"made.by":"test"},"User":"0:0","Env":["A=b"],
            "Volumes":{"/var/lib/toy":{}}},
            "rootfs":{"type":"layers","diff_ids":["sha256:\(digest)"]},
            "history":[{"created":"2026-05-01T03:00:00Z","created_by":"test"}]}
            """
        let manifest = #"[{"Config":"config.json","RepoTags":["\#(tag)"],"Layers":["layer.tar"]}]"#
        try Data(config.utf8).write(to: URL(fileURLWithPath: directory + "/config.json"))
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: directory + "/manifest.json"))
        let path = directory + "/" + tag.replacingOccurrences(of: ":", with: "-") + ".tar"
        try runProgram("tar", ["-C", directory, "-cf", path, "manifest.json", "config.json", "layer.tar"])
        return path
    }
}
