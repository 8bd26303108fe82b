import JSON

/// Reads shfmt's syntax tree (`shfmt --tojson`) of a line that is one simple command.
///
/// Knows the few kinds of node that such a line has, and no others: a line with anything else, such
/// as a redirection, an assignment, an expansion or a second command, is none, and neither is one
/// with a field that a later shfmt may add.
enum ShellSyntax {
    /// The words with quotes removed; nil unless the line is one simple command of plain words.
    static func simpleWords(_ tree: JSONValue) -> [String]? {
        guard let file = node(tree, "File", [], ["Stmts"]),
            let statements = file["Stmts"]?.arrayValue, statements.count == 1,
            let statement = node(statements[0], nil, [], ["Cmd"]),
            let command = statement["Cmd"].flatMap({ node($0, "CallExpr", [], ["Args"]) }),
            let arguments = command["Args"]?.arrayValue, !arguments.isEmpty
        else { return nil }
        var words: [String] = []
        for argument in arguments {
            guard let word = word(argument) else { return nil }
            words.append(word)
        }
        return words
    }

    private static func word(_ value: JSONValue) -> String? {
        guard let parts = node(value, nil, [], ["Parts"])?["Parts"]?.arrayValue else { return nil }
        var word = ""
        for part in parts {
            guard let text = text(ofPart: part) else { return nil }
            word += text
        }
        return word
    }

    private static func text(ofPart part: JSONValue) -> String? {
        switch part["Type"]?.stringValue {
        case "Lit": literal(part, forbidden: unquotedSpecials)
        case "SglQuoted":
            node(part, "SglQuoted", ["Left", "Right"], ["Value"]).map {
                $0["Value"]?.stringValue ?? ""
            }
        case "DblQuoted": quoted(part)
        default: nil
        }
    }

    private static func quoted(_ part: JSONValue) -> String? {
        guard let quoted = node(part, "DblQuoted", ["Left", "Right"], ["Parts"]) else { return nil }
        guard let parts = quoted["Parts"]?.arrayValue else { return "" }
        var text = ""
        for part in parts {
            guard let literal = literal(part, forbidden: quotedSpecials) else { return nil }
            text += literal
        }
        return text
    }

    private static func literal(_ part: JSONValue, forbidden: Set<Unicode.Scalar>) -> String? {
        guard let value = node(part, "Lit", ["ValuePos", "ValueEnd"], ["Value"])?["Value"],
            let text = value.stringValue, !text.unicodeScalars.contains(where: forbidden.contains)
        else { return nil }
        return text
    }

    /// The node if it is of this kind and has only positions and the fields named.
    private static func node(
        _ value: JSONValue, _ kind: String?, _ positions: [String], _ fields: [String]
    ) -> JSONObject? {
        guard let object = value.objectValue, object["Type"]?.stringValue == kind else {
            return nil
        }
        let known = ["Type", "Pos", "End", "Position"] + positions + fields
        return object.keys.allSatisfy(known.contains) ? object : nil
    }

    /// Patterns, braces, the home folder, escapes.
    private static let unquotedSpecials: Set<Unicode.Scalar> = [
        "*", "?", "[", "]", "{", "}", "~", "\\", "!", "#",
    ]

    private static let quotedSpecials: Set<Unicode.Scalar> = ["\\", "`", "$", "!"]
}
