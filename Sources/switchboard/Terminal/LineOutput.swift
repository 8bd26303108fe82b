import Glibc

/// Standard output, a line at a time, coloured where a person reads it.
struct LineOutput: Sendable {
    /// False where output is no terminal, and with `NO_COLOR` (no-color.org).
    let isColoured: Bool

    init(environment: [String: String]) {
        let isRefused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        isColoured = isatty(1) == 1 && !isRefused
    }

    enum Colour: Int, Sendable, CaseIterable {
        case cyan = 36
        case yellow = 33
        case green = 32
        case magenta = 35
        case blue = 34
        case red = 31
        case bold = 1
    }

    func coloured(_ text: String, _ colour: Colour) -> String {
        isColoured ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// Blocks while the reader does not read, as every program in a terminal does.
    ///
    /// A reader that has gone is no reason to end: the output is lost.
    func print(_ line: String) {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe write(1, bytes.baseAddress, bytes.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
