/// What one `alwaysAllow` remembers, for one session and one tool.
///
/// CONTRACT §3: a single simple command, or one path scope; never a compound command line or a
/// dangerous program. When in doubt there is no rule, and people are asked.
public struct PermissionRule: Sendable, Hashable {
    /// What it covers.
    public enum Scope: Sendable, Hashable {
        /// This command with exactly these words. What another argument would make of a program,
        /// nobody can list.
        case command([String])
        /// Commands that begin with these words, a program of ``HarmlessPrograms``, whose further
        /// arguments are known to do no harm either.
        case commandPrefix([String])
        /// This path and what is beneath it.
        case path(String)
    }

    /// The tool that it holds for, by the exact name.
    public let toolName: String

    /// What that tool may do unasked.
    public let scope: Scope

    /// A rule as the store remembers it.
    public init(toolName: String, scope: Scope) {
        self.toolName = toolName
        self.scope = scope
    }

    /// What comes of an `alwaysAllow`.
    public enum Derivation: Sendable, Equatable {
        case remember(PermissionRule)
        /// The answer holds for this once.
        case refuse(Refusal)
    }

    /// Why nothing is remembered.
    public enum Refusal: Sendable, Equatable {
        case notSimple(SimpleCommand.Refusal)
        case dangerous(program: String)
        /// A path that is empty, climbs out of its folder, holds control characters, or is the root.
        case unusablePath
    }

    /// The rule that an approval of `subject` leads to, if any.
    public static func derive(toolName: String, from subject: PermissionSubject) -> Derivation {
        switch subject {
        case .commandLine(let line):
            let command: SimpleCommand
            do { command = try SimpleCommand(parsing: line) } catch {
                return .refuse(.notSimple(error))
            }
            if DangerousPrograms.contains(command) {
                return .refuse(.dangerous(program: command.programName))
            }
            let words = command.words
            return .remember(
                PermissionRule(
                    toolName: toolName,
                    scope: HarmlessPrograms.accepts(words)
                        ? .commandPrefix(words) : .command(words)))
        case .path(let path):
            guard let path = normalised(path) else { return .refuse(.unusablePath) }
            return .remember(PermissionRule(toolName: toolName, scope: .path(path)))
        }
    }

    /// Whether this rule answers the question in people's place.
    public func allows(toolName: String, _ subject: PermissionSubject) -> Bool {
        guard toolName == self.toolName else { return false }
        switch (scope, subject) {
        case (.command, .commandLine(let line)), (.commandPrefix, .commandLine(let line)):
            guard let command = try? SimpleCommand(parsing: line) else {
                return false  // Unreadable: people are asked.
            }
            return allows(toolName: toolName, command)
        case (.path, .path(let path)):
            guard let path = Self.normalised(path) else { return false }
            return scope.covers(path: path)
        default:
            return false
        }
    }

    /// Whether this rule answers in people's place for a command whose words are known.
    ///
    /// The agent's worker asks this, after a real shell parser agreed with ``SimpleCommand``.
    public func allows(toolName: String, _ command: SimpleCommand) -> Bool {
        guard toolName == self.toolName, !DangerousPrograms.contains(command) else { return false }
        return scope.covers(words: command.words)
    }

    /// Without empty and dot components; nil for what names no one place.
    ///
    /// Relative stays relative.
    /// Lexical only: links are the sandbox's matter.
    private static func normalised(_ path: String) -> String? {
        let isPlain = path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        let slash = UInt8(ascii: "/")
        let parts = path.utf8.split(separator: slash).map { String(Substring($0)) }
            .filter { $0 != "." }
        guard isPlain, path.utf8.count <= SimpleCommand.maximumBytes, !parts.isEmpty,
            !parts.contains("..")
        else { return nil }
        return (path.utf8.first == slash ? "/" : "") + parts.joined(separator: "/")
    }
}

extension PermissionRule.Scope {
    /// Whether a command of these words is one that it stands for.
    func covers(words: [String]) -> Bool {
        switch self {
        case .command(let own): words.elementsEqual(own) { $0.hasSameBytes(as: $1) }
        case .commandPrefix(let own):
            words.starts(with: own) { $0.hasSameBytes(as: $1) } && HarmlessPrograms.accepts(words)
        case .path: false
        }
    }

    /// Whether a path as a rule has it is the one that it stands for, or beneath it.
    func covers(path: String) -> Bool {
        guard case .path(let own) = self else { return false }
        return path.hasSameBytes(as: own) || path.utf8.starts(with: "\(own)/".utf8)
    }
}

extension String {
    /// Names that look alike, such as ä in one character and in two, are other files and arguments;
    /// `==` takes them for one.
    fileprivate func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
