import Realtime

/// What happens with a call before anything of it is done.
public enum ToolDecision: Sendable, Equatable {
    /// It runs, within these walls.
    case run(SandboxAccess)
    /// It runs if a person allows it, and then with the workspace writable.
    case ask
    /// It doesn't run; the words are for the model.
    case refuse(String)
}

/// What a tool may do to the workspace while it runs; the sandbox holds it to that.
public enum SandboxAccess: Sendable, Equatable {
    /// Nothing that outlives the call can be written, and there is no network.
    case readOnly
    /// The workspace can be written; the network is there if the workspace allows it.
    case writable
}

/// Decides by a session's mode and rules whether a call runs, asks, or is refused.
///
/// Pure. Whatever it doesn't know is refused. In `safe` it trusts no command line: bash runs in a
/// sandbox that can't write, which is the kernel's decision and not that of a list of programs.
public struct ModePolicy: Sendable, Equatable {
    public var mode: SessionMode
    /// What `alwaysAllow` remembered for this session.
    public var rules: [PermissionRule]

    public init(mode: SessionMode, rules: [PermissionRule] = []) {
        self.mode = mode
        self.rules = rules
    }

    /// Decides about one call.
    public func decide(_ call: PreparedCall) -> ToolDecision {
        if call.tool.isReadOnly { return .run(.readOnly) }
        return switch mode {
        case .safe: decideInSafeMode(call.tool)
        case .ask: isAllowedByRule(call) ? .run(.writable) : .ask
        case .allowAll: .run(.writable)
        }
    }

    private func decideInSafeMode(_ tool: Tool) -> ToolDecision {
        guard tool == .bash else {
            return .refuse(
                "\(tool.rawValue) was refused: this session is in safe mode, in which nothing may "
                    + "be changed or fetched. Say what you would do, or ask the user to change the "
                    + "mode.")
        }
        return .run(.readOnly)
    }

    private func isAllowedByRule(_ call: PreparedCall) -> Bool {
        switch call.input {
        case .bash:
            // No parsed form, no match: shfmt is missing, was late, or saw more than the words.
            guard let command = call.command else { return false }
            return rules.contains { $0.allows(toolName: call.call.name, command) }
        case .write, .edit:
            guard let path = call.path else { return false }
            return rules.contains { $0.allows(toolName: call.call.name, .path(path)) }
        case .read, .glob, .grep, .todoWrite, .webFetch:
            return false
        }
    }
}
