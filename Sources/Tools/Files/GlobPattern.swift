/// A pattern of Glob: `*`, `?` and `[…]` within a name, `**` over folders, `{a,b}` anywhere.
package struct GlobPattern {
    /// What one part of a path is matched with.
    private enum Part {
        /// Any number of folders, also none.
        case folders
        case name([Token])
    }

    private enum Token {
        case scalar(Unicode.Scalar)
        case any
        case anyText
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    /// More come from braces inside of braces, which is a mistake or an attack.
    static let maximumAlternatives = 64
    /// Of all alternatives together: times the bytes of a path, that is what one match may cost.
    static let maximumTokens = 8_192

    /// One for each way of choosing from the braces.
    private let alternatives: [[Part]]

    /// - Returns: nil for braces that lead to more than ``maximumAlternatives`` patterns, or to
    ///   ones that are too long together.
    package init?(_ text: String) {
        guard let expanded = Self.expandBraces(Array(text.unicodeScalars)),
            expanded.reduce(0, { $0 + $1.count }) <= Self.maximumTokens
        else { return nil }
        alternatives = expanded.map { scalars in
            scalars.split(separator: "/").filter { $0 != ["."] }.map { part in
                part == ["*", "*"] ? .folders : .name(Self.tokens(Array(part)))
            }
        }
    }

    /// Whether a path, relative and without `.`, is meant.
    ///
    /// Cut at its slashes as the kernel does, byte by byte; what is not UTF-8 in a name is matched
    /// by `*` and `?` as U+FFFD.
    package func matches(_ path: ArraySlice<UInt8>) -> Bool {
        let names = path.split(separator: UInt8(ascii: "/")).map {
            Array(String(decoding: $0, as: UTF8.self).unicodeScalars)
        }
        return alternatives.contains { Self.matches($0[...], names[...]) }
    }

    /// A folder's row of the table "which parts are used up by which names", so that many `**` cost
    /// parts times names and no more.
    private static func matches(
        _ parts: ArraySlice<Part>, _ names: ArraySlice<[Unicode.Scalar]>
    ) -> Bool {
        let parts = Array(parts)
        /// Numbers of parts used up so far.
        var reached = closure([0], parts)
        for name in names {
            var next: Set<Int> = []
            for index in reached where index < parts.count {
                switch parts[index] {
                case .folders: next.insert(index)
                case .name(let tokens): if matches(tokens, name) { next.insert(index + 1) }
                }
            }
            reached = closure(next, parts)
            if reached.isEmpty { return false }
        }
        return reached.contains(parts.count)
    }

    /// `**` may stand for nothing.
    private static func closure(_ reached: Set<Int>, _ parts: [Part]) -> Set<Int> {
        var all = reached
        for start in reached {
            var index = start
            while index < parts.count, case .folders = parts[index] {
                index += 1
                all.insert(index)
            }
        }
        return all
    }

    /// Goes back to the last star only, which is enough, and linear times the number of stars.
    private static func matches(_ tokens: [Token], _ name: [Unicode.Scalar]) -> Bool {
        var token = 0
        var place = 0
        var star: (token: Int, place: Int)?
        while place < name.count {
            if token < tokens.count, case .anyText = tokens[token] {
                star = (token, place)
                token += 1
            } else if token < tokens.count, matches(tokens[token], name[place]) {
                token += 1
                place += 1
            } else if let last = star {
                star = (last.token, last.place + 1)
                token = last.token + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { if case .anyText = $0 { true } else { false } }
    }

    private static func matches(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
        switch token {
        case .scalar(let wanted): scalar == wanted
        case .any: true
        case .anyText: false
        case .set(let ranges, let isNegated):
            ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}

extension GlobPattern {
    private static func tokens(_ part: [Unicode.Scalar]) -> [Token] {
        var tokens: [Token] = []
        var index = 0
        while index < part.count {
            let scalar = part[index]
            index += 1
            switch scalar {
            case "*": tokens.append(.anyText)
            case "?": tokens.append(.any)
            case "\\" where index < part.count:
                tokens.append(.scalar(part[index]))
                index += 1
            case "[":
                if let (set, end) = set(part, from: index) {
                    tokens.append(set)
                    index = end
                } else {
                    tokens.append(.scalar(scalar))
                }
            default: tokens.append(.scalar(scalar))
            }
        }
        return tokens
    }

    /// What stands between brackets; nil if they are never closed.
    private static func set(_ part: [Unicode.Scalar], from start: Int) -> (Token, Int)? {
        var index = start
        let isNegated = index < part.count && (part[index] == "!" || part[index] == "^")
        if isNegated { index += 1 }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while index < part.count, part[index] != "]" || ranges.isEmpty {
            let first = part[index]
            if index + 2 < part.count, part[index + 1] == "-", part[index + 2] != "]" {
                let last = part[index + 2]
                if first <= last { ranges.append(first...last) }
                index += 3
            } else {
                ranges.append(first...first)
                index += 1
            }
        }
        guard index < part.count else { return nil }
        return (.set(ranges, isNegated: isNegated), index + 1)
    }

    /// Nil for more than ``maximumAlternatives``.
    private static func expandBraces(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]]? {
        guard let open = text.firstIndex(of: "{") else { return [text] }
        var depth = 0
        var choices: [[Unicode.Scalar]] = [[]]
        for index in open..<text.count {
            let scalar = text[index]
            if scalar == "{" { depth += 1 }
            if scalar == "}" { depth -= 1 }
            if depth == 0 {
                let (head, tail) = (text[..<open], text[(index + 1)...])
                var all: [[Unicode.Scalar]] = []
                for choice in choices {
                    guard let expanded = expandBraces(head + choice + tail) else { return nil }
                    all += expanded
                    if all.count > maximumAlternatives { return nil }
                }
                return all
            }
            if scalar == "," && depth == 1 {
                choices.append([])
                if choices.count > maximumAlternatives { return nil }
            } else if !(scalar == "{" && depth == 1 && index == open) {
                choices[choices.count - 1].append(scalar)
            }
        }
        // Never closed: an ordinary character. The rest is still looked through.
        guard let rest = expandBraces(Array(text[(open + 1)...])) else { return nil }
        return rest.map { Array(text[...open]) + $0 }
    }
}
