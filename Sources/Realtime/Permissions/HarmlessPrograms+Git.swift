// Subcommands of git that only read, as `git NAME …`: with an option before the name, it is another
// command. `-c` is in none: before the name it sets what git runs, and no rule allows it anywhere.
extension HarmlessPrograms {
    static let git: [[String]: ArgumentGrammar] = [
        ["git", "diff"]: diff, ["git", "show"]: log, ["git", "log"]: log,
        ["git", "status"]: .init(
            flags: "sbvz", joining: ["u": untracked],
            longFlags: """
                short branch verbose long show-stash ahead-behind no-ahead-behind null renames
                no-renames
                """,
            long: [
                "porcelain": .mayHave(.oneOf(["v1", "v2", "1", "2"])),
                "untracked-files": .mayHave(untracked),
                "ignored": .mayHave(.oneOf(["traditional", "no", "matching"])),
            ]),
        ["git", "blame"]: .init(
            flags: "beflnstw", needing: ["L": .text],
            longFlags: "show-name show-number show-email root line-porcelain porcelain"),
        ["git", "ls-files"]: .init(
            flags: "doisuktvzm", needing: ["x": .text],
            longFlags: """
                cached deleted others ignored stage unmerged killed modified exclude-standard
                full-name directory
                """,
            long: ["exclude": .needs(.text)]),
    ]

    private static let untracked = ArgumentGrammar.Value.oneOf(["no", "normal", "all"])

    private static let patchFlags = """
        patch no-patch raw numstat shortstat summary name-only name-status full-index no-color
        no-renames check minimal patience histogram ignore-all-space ignore-space-change
        ignore-space-at-eol ignore-blank-lines ignore-cr-at-eol function-context no-ext-diff
        no-textconv text quiet pickaxe-all pickaxe-regex compact-summary no-prefix
        """

    private static let patchLong: [String: ArgumentGrammar.LongOption] = [
        "stat": .mayHave(.number), "color": .mayHave(.oneOf(["never", "auto", "always"])),
        "word-diff": .mayHave(.oneOf(["color", "plain", "porcelain", "none"])),
        "find-renames": .mayHave(.number), "find-copies": .mayHave(.number),
        "unified": .needs(.number), "inter-hunk-context": .needs(.number),
        "diff-filter": .needs(.text), "abbrev": .mayHave(.number),
        "diff-algorithm": .needs(.oneOf(["default", "myers", "minimal", "patience", "histogram"])),
    ]

    private static let diff = ArgumentGrammar(
        flags: "psuRwbazWq", needing: ["S": .text, "G": .text],
        joining: ["U": .number, "M": .number, "C": .number],
        longFlags: patchFlags + " cached staged exit-code merge-base", long: patchLong)

    private static let log = ArgumentGrammar(
        flags: "psuRwbazWiEFPgm", needing: ["S": .text, "G": .text, "n": .number],
        joining: ["U": .number, "M": .number, "C": .number],
        longFlags: patchFlags + """
             oneline graph all merges no-merges first-parent reverse follow date-order topo-order
            author-date-order abbrev-commit no-abbrev-commit no-decorate left-right cherry-pick
            walk-reflogs all-match invert-grep regexp-ignore-case extended-regexp fixed-strings
            perl-regexp parents children full-history simplify-by-decoration
            """,
        long: patchLong.merging([
            "decorate": .mayHave(.oneOf(["short", "full", "auto", "no"])),
            "branches": .mayHave(.text), "tags": .mayHave(.text), "remotes": .mayHave(.text),
            "max-count": .needs(.number), "skip": .needs(.number), "since": .needs(.text),
            "after": .needs(.text), "until": .needs(.text), "before": .needs(.text),
            "author": .needs(.text), "committer": .needs(.text), "grep": .needs(.text),
            "date": .needs(.text), "pretty": .mayHave(formats), "format": .needs(formats),
        ]) { $1 }, takesNumber: true)

    /// By name: in a format of one's own, `%G?` runs the program that checks signatures.
    private static let formats = ArgumentGrammar.Value.oneOf([
        "oneline", "short", "medium", "full", "fuller", "reference", "email", "raw",
    ])
}
