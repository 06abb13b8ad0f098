import Testing

@testable import Commands

/// Each line of a transcript: what is typed, and the plain lines that the command understood.
@Suite struct ParsingTests {
    static let understood: [(String, [String])] = [
        ("addhost 10.0.0.14", ["host=10.0.0.14"]),
        ("addhost 10.0.0.14 --yes -m why", ["host=10.0.0.14", "changes=yes", "reason=why"]),
        ("--yes --dry-run addhost 10.0.0.14 --detach", ["host=10.0.0.14", "changes=\"dry-run yes detach\""]),
        ("addhost -mwhy 10.0.0.14", ["host=10.0.0.14", "reason=why"]),
        ("addhost -m=why 10.0.0.14", ["host=10.0.0.14", "reason=why"]),
        ("addhost --reason=a=b 10.0.0.14", ["host=10.0.0.14", "reason=a=b"]),
        ("addhost --no-canary -- 10.0.0.14", ["host=10.0.0.14", "changes=no-canary"]),
        ("addhost h --accept no-memory --accept racks=b", ["host=h", "changes=\"accept:no-memory accept:racks@b\""]),
        ("addhost h -b a,b", ["host=h", "beside=a+b"]),
        ("removebroker 5", ["ids=5", "targets=all"]),
        ("removebroker 1,2,0 3 4", ["ids=1+2+0", "targets=3-4"]),
        ("clusterstatus", ["verbosity=0", "quiet=false"]),
        ("clusterstatus -vvq", ["verbosity=2", "quiet=true"]),
        ("-v clusterstatus a 5 -v", ["subjects=a+5", "verbosity=2", "quiet=false"]),
        ("clusterstatus -vn3 --since 7d", ["since=\"604800.0 seconds\"", "limit=3", "verbosity=1", "quiet=false"]),
        ("clusterstatus -n 3 --since=30s", ["since=\"30.0 seconds\"", "limit=3", "verbosity=0", "quiet=false"]),
        ("--fleet=/a clusterstatus", ["verbosity=0", "quiet=false", "fleet=/a"]),
        ("clusterstatus --fleet ../a", ["verbosity=0", "quiet=false", "fleet=../a"]),
        ("clusterstatus - -- --fleet -v", ["subjects=-+--fleet+-v", "verbosity=0", "quiet=false"]),
        ("operation list", ["operations=none"]), ("operation -v list -q", ["operations=none"]),
    ]

    @Test(arguments: understood)
    func `a valid line is understood`(line: String, lines: [String]) async {
        let result = await Harness().run(line.split(separator: " ").map(String.init) + ["--format", "plain"])
        // Behind "--" the format is an argument like any other.
        let isCut = line.contains("-- ")
        let expected = isCut ? nil : lines.joined(separator: "\n") + "\n"
        #expect(result.error == "" || isCut)
        if let expected { #expect(result.output == expected) }
        if isCut {
            let before = await Harness().run(["--format=plain"] + line.split(separator: " ").map(String.init))
            #expect(before.output == lines.joined(separator: "\n") + "\n")
        }
    }

    static let refused: [(String, String)] = [
        ("", "no command is given"),
        ("adhost 10.0.0.14", "'adhost' is no command of 'gantry'; did you mean 'addhost'?; gantry help"),
        ("remove-broker 1", "'remove-broker' is no command of 'gantry'; did you mean 'removebroker'?; gantry help"),
        ("status", "'status' is no command of 'gantry'; did you mean 'clusterstatus'?; gantry help"),
        ("list", "'list' is no command of 'gantry'; did you mean 'operation list'?; gantry help"),
        ("xyzzy", "'xyzzy' is no command of 'gantry'; gantry help"),
        ("hiden port", "'hiden' is no command of 'gantry'; gantry help"),
        ("operation", "'gantry operation' wants a command; gantry help operation"),
        ("operation lst", "'lst' is no command of 'gantry operation'; did you mean 'list'?; gantry help operation"),
        (
            "clusterstatus --snice 7d",
            "'--snice' is no option of 'gantry clusterstatus'; did you mean '--since'?; gantry help clusterstatus"
        ),
        (
            "addhost h --since 7d",
            "'--since' is no option of 'gantry addhost'; it is an option of 'gantry clusterstatus'; gantry help addhost"
        ),
        (
            "--since 7d clusterstatus",
            "'--since' is no option of 'gantry'; it is an option of 'gantry clusterstatus' and stands behind it; gantry help"
        ),
        (
            "--dry-run version",
            "'--dry-run' is no option of 'gantry version'; it is an option of 'gantry addhost', 'gantry removebroker'; "
                + "gantry help version"
        ),
        (
            "operation resume --no-canary",
            "'--no-canary' is no option of 'gantry operation resume'; it is an option of 'gantry addhost', "
                + "'gantry clusterstatus'; gantry help operation resume"
        ),
        ("version -x", "'-x' is no option of 'gantry version'; gantry help version"),
        (
            "version -m why",
            "'-m' is no option of 'gantry version'; it is an option of 'gantry addhost', "
                + "'gantry removebroker', 'gantry operation resume'; gantry help version"
        ),
        ("version --", ""),
        ("version --=x", "'--' is no option of 'gantry version'; gantry help version"),
        ("addhost", "HOST is missing: the host to add; usage: gantry addhost HOST; gantry help addhost"),
        ("addhost a b", "'b' is one argument too many; usage: gantry addhost HOST; gantry help addhost"),
        ("version 1", "'1' is one argument too many; usage: gantry version; gantry help version"),
        (
            "addhost a;b",
            "HOST wants a host of 'virthosts': an address or name of letters, digits and '.', ':', '-', '_', not "
                + "beginning with '-', not 'a;b'; gantry help addhost"
        ),
        (
            "removebroker 1,1",
            "ID[,ID…] wants node ids with a comma between them, each once: 1,2,5, not '1,1'; "
                + "gantry help removebroker"
        ),
        (
            "removebroker 1,,2",
            "ID[,ID…] wants node ids with a comma between them, each once: 1,2,5, not '1,,2'; "
                + "gantry help removebroker"
        ),
        (
            "removebroker 99999999999",
            "ID[,ID…] wants node ids with a comma between them, each once: 1,2,5, not "
                + "'99999999999'; gantry help removebroker"
        ),
        ("removebroker 1 2", "LAST is missing; gantry help removebroker"),
        ("addhost h --yes=1", "'--yes' takes no value; gantry help addhost"),
        ("clusterstatus -v=1", "'--verbose' takes no value; gantry help clusterstatus"),
        ("clusterstatus --fleet", "'--fleet' lacks its value, a directory's path; gantry help clusterstatus"),
        ("clusterstatus --fleet=", "'--fleet' wants a directory's path, not ''; gantry help clusterstatus"),
        (
            "clusterstatus --fleet -v",
            "'--fleet' lacks its value, a directory's path; '-v' looks like an option; if it is the value, write "
                + "--fleet=-v; gantry help clusterstatus"
        ),
        ("clusterstatus --fleet a --fleet b", "'--fleet' is given twice; gantry help clusterstatus"),
        (
            "clusterstatus --format jsn",
            "'--format' wants one of table, json, plain, not 'jsn'; did you mean 'json'?; gantry help clusterstatus"
        ),
        ("clusterstatus -n 0", "'--limit' wants a number above 0, not '0'; gantry help clusterstatus"),
        (
            "clusterstatus --since 7",
            "'--since' wants a time with its unit (s, m, h, d, w): 30s, 12h, 7d, not '7'; "
                + "gantry help clusterstatus"
        ),
        (
            "clusterstatus --since 9999999999999w",
            "'--since' wants a time with its unit (s, m, h, d, w): 30s, 12h, 7d, "
                + "not '9999999999999w'; gantry help clusterstatus"
        ),
        (
            "addhost h --accept host",
            "'--accept' wants the code of a blocker that can be waived (controller-hosts, foreign-lease, "
                + "foreign-reassignment, hosts, no-memory, no-spare-controller, no-spare-replica, racks, sole-replica; "
                + "clauses of assumptions.txt are waived in defaults.cfg), not 'host'; did you mean 'hosts'?; "
                + "gantry help addhost"
        ),
        (
            "completion ksh",
            "the argument wants one of bash, zsh, fish, not 'ksh'; did you mean 'zsh'?; "
                + "gantry help completion"
        ),
        ("help adhost", "'adhost' is no command of 'gantry'; did you mean 'addhost'?; gantry help"),
        (
            "help operation lst",
            "'lst' is no command of 'gantry operation'; did you mean 'list'?; gantry help operation"
        ),
    ]

    @Test(arguments: refused)
    func `a slip is refused with the way on`(line: String, said: String) async throws {
        let arguments = line.split(separator: " ").map(String.init)
        let result = await Harness().run(arguments)
        if said.isEmpty {
            #expect(result == Harness.Result(status: .done, output: "gantry \(Version.text)\n", error: ""))
            return
        }
        #expect(result.status == .usage)
        #expect(result.output == "")
        // The transcript is one line: message; reason; next.
        let parts = result.error.split(separator: "\n").map { line in
            ["gantry: ", "    why   ", "    next  "].reduce(String(line)) {
                $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0
            }
        }
        #expect(parts.joined(separator: "; ").hasPrefix(said))
        #expect(parts.last?.hasPrefix("gantry help") == true)
    }

    @Test func `a refusal is a JSON document where that is asked for, however wrong the line`() async {
        let lines = [["--format", "json", "xyzzy"], ["addhost", "--bogus", "--format=json"], ["--format=json"]]
        for line in lines {
            let result = await Harness().run(line)
            #expect(result.status == .usage)
            #expect(result.error == "")
            #expect(result.output.hasPrefix("{\n  \"error\": {\n    \"code\": \"usage\","))
        }
    }

    @Test func `an argument list that can not be read is said and is no crash`() async {
        let result = await Harness().run(nil)
        #expect(result.status == .failed)
        #expect(result.error.contains("/proc is not mounted"))
    }

    @Test func `help and version are options too`() async {
        for line in [["--version"], ["-v", "--version"], ["version"]] {
            #expect(await Harness().run(line).output == "gantry \(Version.text)\n")
        }
        let help = await Harness().run("help", "operation", "list").output
        for line in [["operation", "list", "--help"], ["-h", "operation", "list"], ["operation", "-h", "list"]] {
            #expect(await Harness().run(line).output == help)
        }
        // Help is given even where arguments are missing.
        #expect(await Harness().run("addhost", "--help").output == Harness().run("help", "addhost").output)
        #expect(await Harness().run("--help").output == Harness().run("help").output)
    }

    @Test(arguments: ["-", "--", "---", "-=", "--=", "-\u{0}", "--\u{1b}[2J", "-ä", "--format=", "\u{202e}", ""])
    func `no word traps and none reaches the terminal raw`(word: String) async {
        for line in [[word], ["addhost", word], ["clusterstatus", word, word], ["help", word], ["operation", word]] {
            let result = await Harness().run(line)
            #expect(!result.error.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202e })
        }
    }
}
