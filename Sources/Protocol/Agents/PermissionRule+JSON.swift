import JSON
import Realtime

extension PermissionRule {
    /// Between processes: `{"tool":"Bash","prefix":["git","status"]}` or
    /// `{"tool":"Edit","path":"src"}`.
    ///
    /// Also the form of the parameter `rule` of `permissions.request`: what an `alwaysAllow` would
    /// remember, worked out by the worker from the parsed call; without it nothing is remembered.
    public var wireJSON: JSONValue {
        switch scope {
        case .commandPrefix(let words):
            ["tool": .string(toolName), "prefix": .array(words.map { .string($0) })]
        case .path(let path):
            ["tool": .string(toolName), "path": .string(path)]
        }
    }

    /// Nil where it has neither form.
    public init?(wireJSON json: JSONValue) {
        guard let tool = json["tool"]?.stringValue, !tool.isEmpty else { return nil }
        if let path = json["path"]?.stringValue, !path.isEmpty {
            self.init(toolName: tool, scope: .path(path))
        } else if let items = json["prefix"]?.arrayValue, !items.isEmpty {
            let words = items.compactMap(\.stringValue)
            guard words.count == items.count else { return nil }
            self.init(toolName: tool, scope: .commandPrefix(words))
        } else {
            return nil
        }
    }
}
