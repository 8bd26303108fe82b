import JSON
import Realtime

extension PermissionRule {
    /// Between processes: `{"tool":"Bash","command":["make","test"]}`,
    /// `{"tool":"Bash","prefix":["git","status"]}` or `{"tool":"Edit","path":"src"}`.
    ///
    /// Also the form of the parameter `rule` of `permissions.request`: what an `alwaysAllow` would
    /// remember, worked out by the worker from the parsed call; without it nothing is remembered.
    public var wireJSON: JSONValue {
        switch scope {
        case .command(let words):
            ["tool": .string(toolName), "command": .array(words.map { .string($0) })]
        case .commandPrefix(let words):
            ["tool": .string(toolName), "prefix": .array(words.map { .string($0) })]
        case .path(let path):
            ["tool": .string(toolName), "path": .string(path)]
        }
    }

    /// Nil where it has none of these forms.
    public init?(wireJSON json: JSONValue) {
        guard let tool = json["tool"]?.stringValue, !tool.isEmpty else { return nil }
        if let path = json["path"]?.stringValue, !path.isEmpty {
            self.init(toolName: tool, scope: .path(path))
        } else if let words = Self.words(json["command"]) {
            self.init(toolName: tool, scope: .command(words))
        } else if let words = Self.words(json["prefix"]) {
            self.init(toolName: tool, scope: .commandPrefix(words))
        } else {
            return nil
        }
    }

    private static func words(_ json: JSONValue?) -> [String]? {
        guard let items = json?.arrayValue, !items.isEmpty else { return nil }
        let words = items.compactMap(\.stringValue)
        return words.count == items.count ? words : nil
    }
}
