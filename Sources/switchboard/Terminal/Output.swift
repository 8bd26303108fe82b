import Daemon
import Glibc
import JSON

/// What commands print: tables for people, JSON with `--json`.
enum Output {
    /// One JSON text on a line of its own.
    static func json(_ value: JSONValue) {
        line(String(decoding: value.encoded(), as: UTF8.self))
    }

    /// Ends the process when the reader has gone, as in `switchboard … | head`.
    static func line(_ text: String) {
        if !WholeWrite.write("\(text)\n".utf8, to: 1) { exit(1) }
    }

    /// Objects as rows, one column a key; what a cell may do to a terminal is escaped.
    static func table(_ items: [JSONValue], _ columns: [(title: String, key: String)]) {
        let rows = items.map { item in columns.map { cell(item[$0.key]) } }
        table(columns.map(\.title), rows)
    }

    static func table(_ titles: [String], _ rows: [[String]]) {
        let widths = titles.indices.map { column in
            ([titles] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [titles] + rows {
            let cells = row.enumerated().map { index, text in
                index == row.count - 1
                    ? text
                    : text + String(repeating: " ", count: widths[index] - text.count)
            }
            line(cells.joined(separator: "  "))
        }
    }

    static func cell(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: "-"
        case .string(let text): LogText.escaped(text, maximumBytes: 256, isQuoted: false)
        case .array(let values): values.map(cell).joined(separator: ",")
        case let value?:
            LogText.escaped(
                String(decoding: value.encoded(), as: UTF8.self), maximumBytes: 256,
                isQuoted: false)
        }
    }
}
