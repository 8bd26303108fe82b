import Realtime
import Testing
import Tools

@Suite struct `Harmless programs in a sandbox` {
    /// Every option that a rule would let pass, one by one and each behind the others, run for real
    /// where everything could be written.
    @Test func `what is said to do no harm changes nothing`() throws {
        let harness = try Harness()
        let made = try harness.bash(
            """
            git init -q . && mkdir d && echo one > a && echo two > d/b && git add . &&
            git -c user.name=x -c user.email=y commit -qm first && echo three >> a && echo new > c
            """)
        #expect(!made.isError, "\(made.text)")
        var script = ""
        for (names, grammar) in HarmlessPrograms.grammars {
            for option in Self.options(of: grammar) {
                let words = names + option + (grammar.operands == .none ? [] : ["a", "d"])
                #expect(HarmlessPrograms.accepts(words), "\(words)")
                script += words.map { "'\($0)'" }.joined(separator: " ") + " >/dev/null 2>&1\n"
            }
        }
        let count = script.split(separator: "\n").count
        #expect(count > 500)
        let sums = "find . -type f -not -name script -exec sha256sum {} + | sort"
        let before = try harness.bash(sums).text
        try harness.write("script", script + "exit 0\n")
        let run = try harness.bash("bash script", timeout: 120_000)
        #expect(!run.isError, "\(run.text)")
        #expect(try harness.bash(sums).text == before)
    }

    private static func options(of grammar: ArgumentGrammar) -> [[String]] {
        func words(_ value: ArgumentGrammar.Value) -> [String] {
            switch value {
            case .text: ["a", "%G", "new"]
            case .number: ["2"]
            case .oneOf(let words): words
            }
        }
        let all = "-" + String(grammar.flags.sorted())
        return [[]] + grammar.flags.map { ["-\($0)"] } + (all == "-" ? [] : [[all]])
            + grammar.needing.flatMap { letter, value in words(value).map { ["-\(letter)", $0] } }
            + grammar.joining.flatMap { letter, value in words(value).map { ["-\(letter)\($0)"] } }
            + grammar.long.flatMap { name, option in
                switch option {
                case .flag: [["--\(name)"]]
                case .needs(let value), .mayHave(let value):
                    words(value).map { ["--\(name)=\($0)"] }
                }
            }
    }
}
