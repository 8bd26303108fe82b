import JSON

/// One line about a tool's start or end.
enum ToolLine {
    /// Of what is shown of an input or a result.
    static let maximumCharacters = 120

    /// From `tool_start`, or a tool's message.
    static func start(_ event: JSONValue, isNested: Bool) -> String {
        let name = event["toolName"]?.stringValue ?? "a tool"
        let what = subject(event["toolInput"])
        return (isNested ? "  " : "") + "→ \(name)" + (what.isEmpty ? "" : " \(what)")
    }

    /// From `tool_result`, or a tool's message.
    static func end(_ event: JSONValue, isNested: Bool) -> String {
        let name = event["toolName"]?.stringValue ?? "a tool"
        let lines = (event["result"]?.stringValue ?? "").split(whereSeparator: \.isNewline)
        let failed = event["isError"]?.boolValue == true ? " failed" : ""
        let others = lines.count - 1
        let more = others > 0 ? " (and \(others) more \(others == 1 ? "line" : "lines"))" : ""
        let first = lines.first.map { ": \(shortened(String($0)))" } ?? ""
        return (isNested ? "  " : "") + "← \(name)\(failed)\(first)\(more)"
    }

    /// What the tool is for: its command, file, pattern or address; else the whole input.
    private static func subject(_ input: JSONValue?) -> String {
        let keys = ["command", "file_path", "pattern", "path", "url", "query", "description"]
        let named = keys.lazy.compactMap { input?[$0]?.stringValue }.first
        if let named { return shortened(named) }
        guard let object = input?.objectValue, !object.isEmpty else { return "" }
        return shortened(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ⏎ ")
        guard line.count > maximumCharacters else { return line }
        return line.prefix(maximumCharacters) + "…"
    }
}
