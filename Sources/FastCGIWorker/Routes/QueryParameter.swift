import JSON
import Protocol

/// A parameter behind the question mark; others are ignored.
package struct QueryParameter: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case text
        case integer(ClosedRange<Int64>)
        case word([String])
    }

    package let name: String
    package let kind: Kind
    package let summary: String

    /// How many items a page holds.
    static let limit = QueryParameter(
        name: "limit", kind: .integer(1...Int64(Limits.maximumPageRows)),
        summary: "Items in one page, \(Limits.defaultPageRows) unless told; it ends earlier at"
            + " \(Limits.maximumPageBytes) bytes.")
    /// Where a page begins.
    static let cursor = QueryParameter(
        name: "cursor", kind: .text, summary: "The nextCursor of the page before.")
    /// Both of them, which every list takes.
    static let page = [limit, cursor]
    static let since = QueryParameter(
        name: "since", kind: .text,
        summary: "Publications after this offset, alone or as epoch:offset; without it, all kept.")
    static let order = QueryParameter(
        name: "order", kind: .word(["oldest", "newest"]),
        summary: "Which message comes first; the oldest unless told.")
    static let status = QueryParameter(
        name: "status", kind: .word(["idle", "running", "waiting", "interrupted", "failed"]),
        summary: "Only sessions in this state.")
    static let rule = QueryParameter(
        name: "ruleId", kind: .text, summary: "Only this rule, instead of all of them.")
    static let keep = QueryParameter(
        name: "keep", kind: .word(["current"]), summary: "All but the login that asks.")
    static let text = QueryParameter(
        name: "q", kind: .text,
        summary: "Only sessions whose name holds this text, in either case of any script.")

    /// The value for the hub, which checks its range.
    ///
    /// A number that is none stays a string, so that the hub names what it takes instead.
    func value(_ text: String) -> JSONValue {
        if case .integer = kind, let number = Int64(text) { return .integer(number) }
        return .string(text)
    }
}
