extension PermissionRule: CustomStringConvertible {
    /// What is remembered, for the person who is asked and in the list of rules; commands as one
    /// would type them, words in quotes where a shell would take them for something else.
    public var description: String {
        switch scope {
        case .command(let words): "exactly: \(Self.typed(words))"
        case .commandPrefix(let words):
            "\(Self.typed(words)), also with further arguments that only read"
        case .path(let path): "\(toolName) of \(path) and of what is beneath it"
        }
    }

    private static func typed(_ words: [String]) -> String {
        words.map { word in
            let isPlain = !word.isEmpty && word.unicodeScalars.allSatisfy(isPlain)
            let pieces = word.split(separator: "'", omittingEmptySubsequences: false)
            return isPlain ? word : "'\(pieces.joined(separator: #"'\''"#))'"
        }.joined(separator: " ")
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || ["%", "+", ",", "-", ".", "/", ":", "=", "@", "_"].contains(scalar)
    }
}
