import Realtime
import Testing

@Suite struct `Harmless programs` {
    private func rule(_ words: [String]) -> PermissionRule {
        PermissionRule(toolName: "Bash", scope: .commandPrefix(words))
    }

    private func allows(_ rule: PermissionRule, _ words: [String]) -> Bool {
        let line = words.map { "'\($0)'" }.joined(separator: " ")
        // What is no simple command is covered by nothing.
        guard let command = try? SimpleCommand(parsing: line) else { return false }
        return rule.allows(toolName: "Bash", command)
    }

    @Test(arguments: [
        "git log --oneline", "git log -5 -- src", "git log --format=oneline -n 3",
        "git log --since 2.weeks --author=me", "git log --oneline --graph --all 'HEAD~2..HEAD'",
        "git diff --stat -U5 'HEAD~2'", "git diff --cached -- a/b", "git show HEAD:a/b",
        "git status --short --branch -uno", "git blame -L 1,5 a", "git ls-files -o",
        "ls -la src", "ls --color=never", "cat -n a b", "head -n 5 a", "head -5 a", "tail -n +7 a",
        "wc -l a", "grep -rn '--include=*.swift' pattern src", "grep -e /a/../b -A3 a",
        "grep /usr/lib a", "rg -n -g '*.swift' --type rust pattern src", "rg --files src",
        "stat -c %s a", "file -b a", "du -sh .", "tree -L 2", "which -a git", "pwd", "echo /a ..",
        "basename /a/b", "diff -u a b", "cmp a b", "sha256sum a", "ls -- -x", "cat -",
    ])
    func `what only reads may be followed by more that only reads`(_ line: String) throws {
        let words = try SimpleCommand(parsing: line).words
        #expect(HarmlessPrograms.accepts(words))
        #expect(
            PermissionRule.derive(toolName: "Bash", from: .commandLine(line))
                == .remember(rule(words)))
    }

    @Test(arguments: [
        "git log --output=x", "git log --output x", "git log --outpu=x", "git log --o=x",
        "git log -Ox", "git log --ext-diff", "git log --textconv", "git log --show-signature",
        "git log --format=%G?", "git log --pretty=format:%GG", "git log -p --exec=x",
        "git diff --output x", "git diff --no-index a b --output=x", "git diff --ext-diff",
        "git diff -Ox", "git diff --orderfile=x", "git show --textconv", "git show --output=x",
        "git status --column=x --o", "git -c a=b log", "git --exec-path=x log",
        "git -C .. status", "git --git-dir=x log", "git -p log", "git --paginate log",
        "git branch -D x", "git tag -d x", "git grep -Osh x", "git blame --contents x a",
        "git config x y", "git stash", "git log --help", "git status --help",
        "rg --pre sh x", "rg --pre=sh x", "rg -z x", "rg --search-zip x", "rg --hostname-bin=x y",
        "rg -f /etc/shadow", "rg --ignore-file x y", "rg --pre-glob x y",
        "grep -f x y", "grep --file=x y", "grep x /etc/passwd", "grep x ../y",
        "grep -e x /etc/passwd", "grep -d x y",
        "tree -o x", "tree -R -L 1 -H x", "tree --fromfile", "tree -ao x", "ls --hyperlink",
        "ls /etc", "ls ..", "ls a/../../b", "cat /etc/passwd", "tail -f x", "tail --follow x",
        "tail --pid=1 x", "tail -F x", "wc --files0-from=x", "du --files0-from=x", "du -X x",
        "file -C -m x", "file -m x", "file -z x", "file -f x", "file -S x",
        "diff -l a b", "diff --paginate a b", "diff --to-file=x y", "diff --from-file x y",
        "diff -D x a b", "stat --cached=never x", "sha256sum -x", "echo", "pwd x",
        "sort a", "sort -o a b", "uniq a b", "xxd a b", "find . -name x", "sed -n 1p a",
        "awk 1 a", "tar -tf a", "env", "xargs ls", "less a", "man ls", "date -s x", "make", "cd x",
        "/bin/ls", "./ls", "LS", "ls\u{301}", "head -n", "grep -e", "git log -n", "git log -S",
        "git", "git log-x", "--", "ls -\u{301}l", "head -n 5x", "head -٣", "cat --show-al",
    ])
    func `what may write, run something, or is not known, is not on the list`(_ line: String)
        throws
    {
        guard line != "echo", let command = try? SimpleCommand(parsing: line) else { return }
        #expect(!HarmlessPrograms.accepts(command.words))
        for short in [["git", "log"], ["git", "diff"], ["ls"], ["rg"], ["grep"], ["tree"]] {
            #expect(!rule(short).allows(toolName: "Bash", command))
        }
    }

    /// Further arguments, each harmless or not, put together at random: the rule covers a list if
    /// and only if it begins with its words and each of the rest was harmless.
    @Test(arguments: 0..<40)
    func `a rule covers nothing that differs in anything but harmless arguments`(_ seed: UInt64) {
        var random = Randomness(seed: seed)
        let bad = [
            "--output=x", "-o", "-Ox", "--pre", "--exec=x", "-f", "--files0-from=x", "/etc", "..",
            "a/../../b", "--ext-diff", "-\u{301}", "---", "-=", "--=", "--no", "-é", "--output",
        ]
        for (names, grammar) in HarmlessPrograms.grammars where grammar.operands != .everything {
            let good = Self.pieces(of: grammar)
            for _ in 0..<20 {
                let own = names + Self.some(of: good, 0...2, &random)
                let more = Self.some(of: good, 0...3, &random)
                let rule = rule(own)
                #expect(allows(rule, own + more), "\(own) + \(more)")
                let other = names + more + own.dropFirst(names.count + 1)
                #expect(other.starts(with: own) || !allows(rule, other))
                guard grammar.operands != .texts, let wrong = bad.randomElement(using: &random)
                else { continue }
                if case .patternThenPaths = grammar.operands, !wrong.hasPrefix("-") { continue }
                let known =
                    ["-o", "-f"].contains(wrong)
                    && grammar.flags.contains(Character(String(wrong.suffix(1))))
                let isCovered = allows(rule, own + [wrong] + more)
                #expect(known || !isCovered, "\(own) \(wrong)")
                #expect(!allows(rule, [wrong] + own + more))
                #expect(!allows(rule, own.dropLast() + ["\(own.last ?? "")x"]))
                let exact = PermissionRule(toolName: "Bash", scope: .command(own))
                #expect(allows(exact, own))
                let isLongerCovered = allows(exact, own + more)
                #expect(more == [] || !isLongerCovered)
            }
        }
    }

    /// Options of a grammar with values, each as the words that it takes; no operands.
    private static func pieces(of grammar: ArgumentGrammar) -> [[String]] {
        func sample(_ value: ArgumentGrammar.Value) -> String {
            switch value {
            case .text: "a b"
            case .number: "7"
            case .oneOf(let words): words[0]
            }
        }
        var pieces = grammar.flags.sorted().map { ["-\($0)"] }
        for (letter, value) in grammar.needing {
            pieces += [["-\(letter)", sample(value)], ["-\(letter)\(sample(value))"]]
        }
        for (letter, value) in grammar.joining {
            pieces += [["-\(letter)"], ["-\(letter)\(sample(value))"]]
        }
        for (name, option) in grammar.long {
            switch option {
            case .flag: pieces.append(["--\(name)"])
            case .needs(let value):
                pieces += [["--\(name)=\(sample(value))"], ["--\(name)", sample(value)]]
            case .mayHave(let value):
                pieces += [["--\(name)"], ["--\(name)=\(sample(value))"]]
            }
        }
        return pieces
    }

    private static func some(
        of pieces: [[String]], _ count: ClosedRange<Int>, _ random: inout Randomness
    ) -> [String] {
        (0..<Int.random(in: count, using: &random)).flatMap { _ in
            pieces.randomElement(using: &random) ?? []
        }
    }
}

/// SplitMix64: the same seed, the same tests.
private struct Randomness: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
