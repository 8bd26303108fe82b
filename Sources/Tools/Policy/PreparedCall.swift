import Crypto
import Realtime

/// A call with everything looked up that a decision, a question and the run itself rely on.
///
/// What a person allowed is this value: the run takes it and looks nothing up by name again.
public struct PreparedCall: Sendable, Equatable {
    public let call: ToolCall
    public let input: ToolInput
    /// Where the file of a Write or Edit really is: relative to the workspace, links followed.
    ///
    /// Whoever puts a link there afterwards makes the call fail.
    public let path: String?
    /// The words of a Bash line that is one simple command, by shfmt and our own reader alike.
    public let command: SimpleCommand?

    /// Also for tests of those who decide about calls.
    package init(
        call: ToolCall, input: ToolInput, path: String? = nil, command: SimpleCommand? = nil
    ) {
        self.call = call
        self.input = input
        self.path = path
        self.command = command
    }

    /// The tool itself.
    public var tool: Tool {
        guard let tool = Tool(rawValue: call.name) else {
            preconditionFailure("a call that was parsed is of a known tool")
        }
        return tool
    }

    /// What an approval is bound to.
    public var digest: Digest { call.digest }

    /// What a person is asked.
    ///
    /// Where it is about what runs later outside, that stands first.
    public var question: PermissionQuestion {
        input.question(toolName: call.name, path: path, warning: startupWarning)
    }

    private var startupWarning: String? {
        switch input {
        case .write, .edit: path.flatMap { GuardedName.warning(about: [$0]) }
        case .bash(let bash): GuardedName.warning(about: bash.command.words)
        case .read, .glob, .grep, .todoWrite, .webFetch: nil
        }
    }

    /// What an `alwaysAllow` would remember; nil where it remembers nothing.
    public var rule: PermissionRule? {
        let subject: PermissionSubject
        switch (input, path) {
        case (.bash(let bash), _) where command != nil: subject = .commandLine(bash.command)
        case (.write, let path?), (.edit, let path?): subject = .path(path)
        default: return nil
        }
        if case .remember(let rule) = PermissionRule.derive(toolName: call.name, from: subject) {
            return rule
        }
        return nil
    }
}
