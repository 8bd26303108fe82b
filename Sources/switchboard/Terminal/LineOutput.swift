import Daemon
import Glibc

/// Standard output, a line at a time, coloured where a person reads it.
struct LineOutput: Sendable {
    /// False where output is no terminal, and with `NO_COLOR` (no-color.org).
    let isColoured: Bool

    init(environment: [String: String]) {
        isColoured = isatty(1) == 1 && Self.allowsColour(environment)
    }

    /// Whether the person wants colours at all.
    static func allowsColour(_ environment: [String: String]) -> Bool {
        (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    enum Colour: Int, Sendable, CaseIterable {
        case cyan = 36
        case yellow = 33
        case green = 32
        case magenta = 35
        case blue = 34
        case red = 31
        case bold = 1
        case dim = 2
    }

    func coloured(_ text: String, _ colour: Colour) -> String {
        isColoured ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// Blocks while the reader does not read, as every program in a terminal does.
    func print(_ line: String) {
        // A reader that has gone is no reason to end: the output is lost.
        _ = WholeWrite.write("\(line)\n".utf8, to: 1)
    }
}
