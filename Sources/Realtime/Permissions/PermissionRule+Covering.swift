extension PermissionRule {
    /// Whether everything that `other` allows is allowed by this one too.
    ///
    /// Both were derived from a parsed call; nothing is parsed here.
    public func covers(_ other: PermissionRule) -> Bool {
        guard toolName == other.toolName else { return false }
        switch (scope, other.scope) {
        case (_, .command(let words)), (_, .commandPrefix(let words)):
            return scope.covers(words: words)
        case (.path(let own), .path(let path)):
            return path == own || path.hasPrefix(own + "/")
        default:
            return false
        }
    }
}
