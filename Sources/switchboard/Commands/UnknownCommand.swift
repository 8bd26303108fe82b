import ArgumentParser

/// A word where a command should stand, which the parser takes for a superfluous argument.
enum UnknownCommand {
    /// What to say of it; nil where the words name commands as far as they go, and the mistake is
    /// another.
    static func message(
        for words: ArraySlice<String>, below command: any ParsableCommand.Type = Switchboard.self,
        path: String = "switchboard"
    ) -> String? {
        let subcommands = command.configuration.subcommands
        guard let word = words.first, !word.hasPrefix("-"), word != "help", !subcommands.isEmpty
        else { return nil }
        for next in subcommands where next._commandName == word {
            return message(for: words.dropFirst(), below: next, path: "\(path) \(word)")
        }
        let names = subcommands.map { $0._commandName }.joined(separator: ", ")
        return "\(path) has no command '\(word)'; it has: \(names)"
    }
}
