/// The programs of which a rule may also allow further arguments, each with those that only read.
///
/// Left out, of programs that are here: options that write (`git log --output`, `tree -o`, `-R`),
/// run another program (`rg --pre`, `-z`, `git diff --ext-diff`, `git log --show-signature`,
/// `diff -l`), read lists of files from a file (`du --files0-from`), or never end (`tail -f`).
package enum HarmlessPrograms {
    /// The grammar that reads these words, and how many of them name the program.
    static func grammar(of words: [String]) -> (grammar: ArgumentGrammar, names: Int)? {
        for names in [2, 1] where words.count >= names {
            if let grammar = grammars[Array(words.prefix(names))] { return (grammar, names) }
        }
        return nil
    }

    /// Whether these words are such a program with arguments that do no harm.
    package static func accepts(_ words: [String]) -> Bool {
        guard let (grammar, names) = grammar(of: words) else { return false }
        return grammar.accepts(words.dropFirst(names))
    }

    /// By a program's name, for git with its subcommand; never by a path.
    package static let grammars: [[String]: ArgumentGrammar] = {
        var all = git
        for (name, grammar) in [(String, ArgumentGrammar)](
            listing + reading + searching + comparing)
        { all[[name]] = grammar }
        return all
    }()

    private static let colour = ArgumentGrammar.LongOption.mayHave(
        .oneOf(["never", "auto", "always"]))

    // MARK: - Folders

    private static let listing: [(String, ArgumentGrammar)] = [
        ("pwd", .init(flags: "LP", operands: .none)),
        ("basename", .init(flags: "az", needing: ["s": .text], operands: .texts)),
        ("dirname", .init(flags: "z", operands: .texts)),
        ("which", .init(flags: "a", operands: .texts)),
        (
            "ls",
            .init(
                flags: "aAbBcCdfFgGhHiklLmnNopqQrRsStuUvxX1Z",
                needing: ["w": .number, "I": .text, "T": .number],
                longFlags: """
                    all almost-all author escape ignore-backups directory no-group human-readable si
                    inode numeric-uid-gid literal size reverse recursive full-time
                    group-directories-first quote-name hide-control-chars dereference kibibytes
                    """,
                long: [
                    "color": colour, "ignore": .needs(.text), "hide": .needs(.text),
                    "width": .needs(.number), "time-style": .needs(.text),
                    "sort": .needs(.oneOf(["none", "size", "time", "version", "extension"])),
                    "time": .needs(.oneOf(["atime", "access", "ctime", "status", "mtime"])),
                ])
        ),
        (
            "tree",
            .init(
                flags: "adfishDpugFCnNqvtcUrxlJX",
                needing: ["L": .number, "P": .text, "I": .text],
                longFlags: "dirsfirst noreport prune du si inodes device matchdirs ignore-case")
        ),
        (
            "du",
            .init(
                flags: "abcDhHklLmPsSx0", needing: ["d": .number, "t": .number],
                longFlags: """
                    all apparent-size bytes total human-readable count-links dereference
                    no-dereference summarize separate-dirs one-file-system si inodes
                    """,
                long: [
                    "max-depth": .needs(.number), "threshold": .needs(.number),
                    "block-size": .needs(.number), "exclude": .needs(.text),
                ])
        ),
        (
            "stat",
            .init(
                flags: "Ltf", needing: ["c": .text], longFlags: "dereference terse file-system",
                long: ["format": .needs(.text), "printf": .needs(.text)])
        ),
    ]

    // MARK: - Files

    private static let lines: [String: ArgumentGrammar.LongOption] = [
        "lines": .needs(.number), "bytes": .needs(.number),
    ]

    private static let checksum = ArgumentGrammar(
        flags: "bctwz",
        longFlags: "binary check text quiet status strict warn ignore-missing tag zero")

    private static let reading: [(String, ArgumentGrammar)] = [
        ("echo", .init(operands: .everything)),
        (
            "cat",
            .init(
                flags: "AbeEnstTuv",
                longFlags: """
                    show-all number-nonblank show-ends number squeeze-blank show-tabs
                    show-nonprinting
                    """)
        ),
        (
            "head",
            .init(
                flags: "qvz", needing: ["n": .number, "c": .number],
                longFlags: "quiet silent verbose zero-terminated", long: lines, takesNumber: true)
        ),
        (
            "tail",
            .init(
                flags: "qvz", needing: ["n": .number, "c": .number],
                longFlags: "quiet silent verbose zero-terminated", long: lines, takesNumber: true)
        ),
        ("wc", .init(flags: "cmlLw", longFlags: "bytes chars lines words max-line-length")),
        (
            "file",
            .init(
                flags: "biLhkNnr0",
                longFlags: """
                    brief mime mime-type mime-encoding dereference no-dereference keep-going no-pad
                    """)
        ),
        ("md5sum", checksum), ("sha1sum", checksum), ("sha256sum", checksum),
    ]

    // MARK: - Searching

    private static let around: [Character: ArgumentGrammar.Value] = [
        "e": .text, "m": .number, "A": .number, "B": .number, "C": .number,
    ]

    private static let aroundLong: [String: ArgumentGrammar.LongOption] = [
        "regexp": .needs(.text), "max-count": .needs(.number), "context": .needs(.number),
        "before-context": .needs(.number), "after-context": .needs(.number),
    ]

    private static let searching: [(String, ArgumentGrammar)] = [
        (
            "grep",
            .init(
                flags: "EFGPivwxcLlqsbHhnoTZaIUzrRy", needing: around,
                longFlags: """
                    extended-regexp fixed-strings basic-regexp perl-regexp ignore-case
                    no-ignore-case invert-match word-regexp line-regexp count files-without-match
                    files-with-matches quiet silent no-messages byte-offset with-filename
                    no-filename line-number only-matching initial-tab null text recursive
                    dereference-recursive
                    """,
                long: aroundLong.merging([
                    "include": .needs(.text), "exclude": .needs(.text),
                    "exclude-dir": .needs(.text), "color": colour, "colour": colour,
                ]) { $1 },
                takesNumber: true, operands: .patternThenPaths(givenBy: ["e", "regexp"]))
        ),
        (
            "rg",
            .init(
                flags: "iSsnNlcvwxFoqHIUPuLap0b",
                needing: around.merging(["g": .text, "t": .text, "T": .text, "r": .text]) { $1 },
                longFlags: """
                    ignore-case smart-case case-sensitive line-number no-line-number
                    files-with-matches files-without-match count count-matches invert-match
                    word-regexp line-regexp fixed-strings only-matching quiet with-filename
                    no-filename hidden no-ignore no-ignore-vcs multiline pcre2 heading no-heading
                    column no-messages type-list files json stats trim unrestricted text null
                    vimgrep pretty follow
                    """,
                long: aroundLong.merging([
                    "glob": .needs(.text), "iglob": .needs(.text), "type": .needs(.text),
                    "type-not": .needs(.text), "replace": .needs(.text),
                    "max-depth": .needs(.number), "max-columns": .needs(.number),
                    "color": .needs(.oneOf(["never", "auto", "always", "ansi"])),
                    "sort": .needs(.oneOf(["none", "path", "modified", "accessed", "created"])),
                ]) { $1 },
                operands: .patternThenPaths(givenBy: ["e", "regexp", "files", "type-list"]))
        ),
    ]

    // MARK: - Comparing

    private static let comparing: [(String, ArgumentGrammar)] = [
        (
            "cmp",
            .init(flags: "bls", needing: ["n": .number], longFlags: "print-bytes verbose quiet")
        ),
        (
            "diff",
            .init(
                flags: "abBcdEeiNnpqrstTuwyZ",
                needing: ["C": .number, "U": .number, "W": .number, "x": .text, "I": .text],
                longFlags: """
                    brief side-by-side recursive new-file ignore-case ignore-all-space
                    ignore-space-change ignore-blank-lines ignore-trailing-space
                    report-identical-files text minimal suppress-common-lines
                    """,
                long: [
                    "unified": .mayHave(.number), "context": .mayHave(.number), "color": colour,
                    "exclude": .needs(.text), "width": .needs(.number), "label": .needs(.text),
                ])
        ),
    ]
}

extension ArgumentGrammar {
    /// - Parameters:
    ///   - flags: letters.
    ///   - longFlags: names without a value, between blanks.
    init(
        flags: String = "", needing: [Character: Value] = [:], joining: [Character: Value] = [:],
        longFlags: String = "", long: [String: LongOption] = [:], takesNumber: Bool = false,
        operands: Operands = .paths
    ) {
        self.flags = Set(flags)
        self.needing = needing
        self.joining = joining
        self.long = long
        for name in longFlags.split(whereSeparator: \.isWhitespace) {
            self.long[String(name)] = .flag
        }
        self.takesNumber = takesNumber
        self.operands = operands
    }
}
