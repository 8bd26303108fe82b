import Daemon
import Glibc
import JSON
import System

/// What commands print: tables for people, JSON with `--json`.
enum Output {
    /// One JSON text on a line of its own.
    static func json(_ value: JSONValue) {
        line(String(decoding: value.encoded(), as: UTF8.self))
    }

    /// Ends the process when the reader has gone, as in `switchboard … | head`.
    static func line(_ text: String) {
        if !WholeWrite.write("\(text)\n".utf8, to: 1) { endProcess(1) }
    }

    /// Objects as rows, one column a key; what a cell may do to a terminal is escaped.
    ///
    /// - Parameter colour: of a cell on a terminal, by its column's key and its text.
    static func table(
        _ items: [JSONValue], _ columns: [(title: String, key: String)],
        colour: (_ key: String, _ text: String) -> LineOutput.Colour? = { _, _ in nil }
    ) {
        let rows = items.map { item in columns.map { cell(item[$0.key]) } }
        table(columns.map(\.title), rows) { colour(columns[$0].key, $1) }
    }

    static func table(
        _ titles: [String], _ rows: [[String]],
        colour: (_ column: Int, _ text: String) -> LineOutput.Colour? = { _, _ in nil }
    ) {
        let output = LineOutput(environment: ProcessEnvironment.variables())
        let widths = titles.indices.map { column in
            ([titles] + rows).map { $0[column].count }.max() ?? 0
        }
        for (place, row) in ([titles] + rows).enumerated() {
            let cells = row.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                let shade = place == 0 ? .bold : colour(column, text)
                return (shade.map { output.coloured(text, $0) } ?? text)
                    + (column == row.count - 1 ? "" : space)
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
