/// The text that a reader sees of an HTML page: no parser of documents, just no tags.
///
/// Linear in the bytes, whatever they are. Links keep their addresses, blocks stand on lines of
/// their own.
package struct HTMLText {
    package private(set) var text = ""
    private var pendingBreaks = 0
    private var pendingSpace = false
    /// What was once looked for in vain up to the end, and so is not looked for again.
    private var lacksTagEnd = false
    private var lacksCommentEnd = false
    /// Where the address of an open link is shown when it closes.
    private var link: String?

    package init(_ bytes: [UInt8]) {
        var rest = Substring(ShownText.clean(bytes)).utf8[...]
        while let first = rest.first {
            if first == UInt8(ascii: "<"), let end = endOfMarkup(rest) {
                let tag = Tag(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
                open(tag)
                if Self.skipped.contains(tag.name) { Self.skip(tag.name, in: &rest) }
            } else {
                let run = rest.dropFirst().prefix { $0 != UInt8(ascii: "<") }
                append(Self.decoded(Substring(rest[..<run.endIndex])))
                rest = rest[run.endIndex...]
            }
        }
    }

    private static let skipped: Set<Substring> = ["script", "style", "svg", "noscript", "template"]

    private static let blocks: Set<Substring> = [
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
        "main", "nav", "ol", "option", "p", "pre", "section", "table", "title", "tr", "ul",
    ]

    private mutating func open(_ tag: Tag) {
        if tag.name == "a" {
            link = tag.attribute("href")
        } else if tag.name == "/a" {
            if let link, link.hasPrefix("http") { append(" (\(link))") }
            link = nil
        } else if Self.blocks.contains(tag.name.hasPrefix("/") ? tag.name.dropFirst() : tag.name) {
            pendingBreaks = min(2, pendingBreaks + (tag.name == "br" ? 1 : 2))
            if tag.name == "li" { append("- ") }
        } else if tag.name == "td" || tag.name == "th" {
            pendingSpace = true
        }
    }

    private mutating func append(_ run: String) {
        for character in run {
            if character.isWhitespace {
                pendingSpace = true
                continue
            }
            if !text.isEmpty {
                if pendingBreaks > 0 {
                    text += pendingBreaks > 1 ? "\n\n" : "\n"
                } else if pendingSpace {
                    text += " "
                }
            }
            (pendingBreaks, pendingSpace) = (0, false)
            text.append(character)
        }
    }

    /// The `>` that ends a tag or comment; nil where it is never closed, and `<` is just a sign.
    private mutating func endOfMarkup(_ rest: Substring.UTF8View) -> String.Index? {
        guard rest.starts(with: "<!--".utf8) else {
            guard !lacksTagEnd, let next = rest.dropFirst().first, Self.isTagStart(next) else {
                return nil
            }
            // A quoted `>` would end the tag early, and show a bit of markup.
            let end = rest.firstIndex(of: 0x3E)
            lacksTagEnd = end == nil
            return end
        }
        guard !lacksCommentEnd else { return nil }
        var dashes = 0
        for index in rest.dropFirst(4).indices {
            if rest[index] == 0x3E, dashes >= 2 { return index }
            dashes = rest[index] == UInt8(ascii: "-") ? dashes + 1 : 0
        }
        lacksCommentEnd = true
        return nil
    }

    private static func isTagStart(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
            || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
    }

    /// Drops everything up to the closing tag, or to the end.
    private static func skip(_ name: Substring, in rest: inout Substring.UTF8View) {
        let wanted = Array("</\(name)".utf8)
        while let index = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[index...]
            let head = rest.prefix(wanted.count).map { $0 < 0x41 || $0 > 0x5A ? $0 : $0 | 0x20 }
            if head == wanted {
                rest = rest.drop { $0 != 0x3E }.dropFirst()
                return
            }
            rest = rest.dropFirst()
        }
        rest = rest[rest.endIndex...]
    }

    private static let entities: [Substring: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "mdash": "—",
        "ndash": "–", "hellip": "…", "copy": "©", "rsquo": "’", "lsquo": "‘", "rdquo": "”",
        "ldquo": "“", "bull": "•", "middot": "·", "times": "×", "rarr": "→",
    ]

    private static func decoded(_ run: Substring) -> String {
        guard run.utf8.contains(UInt8(ascii: "&")) else { return String(run) }
        var parts = run.split(separator: "&", omittingEmptySubsequences: false)[...]
        var text = String(parts.removeFirst())
        for part in parts {
            guard let end = part.prefix(12).firstIndex(of: ";"),
                let character = character(part[..<end])
            else {
                text += "&" + part
                continue
            }
            text += character + part[part.index(after: end)...]
        }
        return text
    }

    private static func character(_ name: Substring) -> String? {
        guard name.hasPrefix("#") else { return entities[name] }
        let isHex = name.hasPrefix("#x") || name.hasPrefix("#X")
        let number = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
        return number.flatMap { Unicode.Scalar($0) }
            .flatMap { $0.value >= 0x20 && $0.value != 0x7F ? String($0) : nil }
    }
}

/// What stands between `<` and `>`.
private struct Tag {
    /// In lower case, with a slash in front where it closes.
    let name: Substring
    private let rest: Substring

    init(_ bytes: Substring.UTF8View) {
        let text = Substring(bytes)
        let end = text.firstIndex { $0.isWhitespace || $0 == ">" } ?? text.endIndex
        name = Substring(text[..<end].prefix(32).lowercased())
        rest = text[end...]
    }

    /// Its value, of a quoted attribute.
    func attribute(_ name: String) -> String? {
        guard let place = rest.range(ofFirst: "\(name)=\"") else { return nil }
        return String(rest[place...].prefix { $0 != "\"" })
    }
}

extension Substring {
    /// Where what follows the first `text` begins.
    fileprivate func range(ofFirst text: String) -> Index? {
        var rest = self
        while let first = text.first, let index = rest.firstIndex(of: first) {
            if rest[index...].hasPrefix(text) { return self.index(index, offsetBy: text.count) }
            rest = rest[rest.index(after: index)...]
        }
        return nil
    }
}
