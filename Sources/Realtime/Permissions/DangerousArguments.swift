/// Options that make a harmless program run another one, write a file, or load code.
///
/// A rule of two words and more also covers what follows them, so that `git status` covers
/// `git status --short`; these are the options that must not slip in there.
enum DangerousArguments {
    /// Whether an argument of this command is one of them.
    static func contains(_ command: SimpleCommand) -> Bool {
        let arguments = command.words.dropFirst()
        if arguments.contains(where: isDangerousAnywhere) { return true }
        // `make test SHELL=/tmp/x`: a variable changes what every rule of the makefile runs.
        if command.programName == "make", arguments.contains(where: { $0.contains("=") }) {
            return true
        }
        guard let short = shortOptions[command.programName] else { return false }
        return arguments.contains { argument in short.contains { argument.hasPrefix($0) } }
    }

    private static func isDangerousAnywhere(_ argument: String) -> Bool {
        guard argument.hasPrefix("-") else { return false }
        let name = argument.prefix { $0 != "=" }
        return longOptions.contains(String(name)) || name.hasPrefix("-fprint")
    }

    /// By their full names.
    ///
    /// Abbreviations that GNU programs also take are listed with the programs below.
    private static let longOptions: Set<String> = [
        "--checkpoint-action", "--command", "--compress-program", "--config", "--config-env",
        "--config-file", "--editor", "--eval", "--exec", "--exec-batch", "--exec-path",
        "--ext-diff", "--external-diff", "--hostname-bin", "--import", "--init-file",
        "--load", "--loader", "--open-files-in-pager", "--out", "--outfile", "--output",
        "--output-file", "--pager", "--plugin", "--pre", "--prefix", "--print", "--rcfile",
        "--receive-pack", "--require", "--rsh", "--run", "--script-shell", "--shell", "--textconv",
        "--to-command", "--toolexec", "--upload-pack", "--use-compress-program", "-exec",
        "-execdir",
        "-fls", "-ok", "-okdir", "-toolexec",
    ]

    private static let compiler = ["-B", "-fplugin", "-load", "-specs", "-wrapper", "-Xclang"]

    /// Single letters, also with their value joined to them.
    private static let shortOptions: [String: [String]] = [
        "cc": compiler, "clang": compiler, "g++": compiler, "gcc": compiler,
        "date": ["-s", "--s"],
        "git": ["-O", "--o", "--ex", "-c"],
        "go": ["-exec"],
        "iconv": ["-o"],
        "make": ["-f", "-C", "-I", "--f", "--m", "--d", "--e", "--i"],
        "npm": ["-C"],
        "pytest": ["-c", "-o", "-p", "--p", "--root"],
        "rg": ["--pre", "--hostname-bin"],
        "sort": ["-o", "--o", "--comp", "-T"],
        "tree": ["-o"],
        "yq": ["-i"],
    ]
}
