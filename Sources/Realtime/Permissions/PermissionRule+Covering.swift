extension PermissionRule {
    /// Whether everything that `other` allows is allowed by this one too.
    ///
    /// Both were derived from a parsed call; nothing is parsed here.
    public func covers(_ other: PermissionRule) -> Bool {
        guard toolName == other.toolName else { return false }
        return switch other.scope {
        case .command(let words), .commandPrefix(let words): scope.covers(words: words)
        case .path(let path): scope.covers(path: path)
        }
    }
}
