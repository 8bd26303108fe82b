/// A word in a prompt that asks for something out of the ordinary: `demo:name arguments`.
///
/// `xN` as the last argument means the first N requests with this prompt, so that a retry succeeds;
/// without it every one.
enum MagicWord: Equatable {
    /// `demo:error 529 [xN]`: this status instead of a stream.
    case error(status: Int)
    /// `demo:retry-after [SECONDS] [xN]`: 429 with that header; x1 where no N is given.
    case retryAfter(seconds: Int)
    /// `demo:no-stream`: status 200 and no event stream, as from a captive portal.
    case noStream
    /// `demo:silence [xN]`: the stream begins and then nothing comes, nor does it end.
    case silence
    /// `demo:drop [xN]`: the connection ends in the middle of the text.
    case drop
    /// `demo:error-midstream [xN]`: an `error` event in the middle of the text.
    case errorMidstream
    /// `demo:tools N`: so many Bash tools in one turn.
    case tools(Int)
    /// `demo:tool NAME {…}`: this tool with this input; several lines, several tools.
    case tool(name: String, input: String)
    /// `demo:output N`: one Bash tool with N lines of output (700000 are 4.8 MB).
    case output(lines: Int)
    /// `demo:max-tokens-tool`: a tool's input is cut by the limit of tokens.
    case maximumTokensTool
    case refusal
    case pauseTurn
    /// `demo:half-utf8`: packets end within characters.
    case halfUTF8
    /// `demo:unknown-event`: events, deltas and blocks that no client knows.
    case unknownEvent
    case emptyText
    /// `demo:context-overflow [xN]`: 400 "prompt is too long"; x1 where no N is given.
    case contextOverflow
    /// `demo:context-window`: the answer stops because the context is full.
    case contextWindow
    /// `demo:stream N [tokens]`: a text of so many tokens.
    case stream(tokens: Int)
    /// `demo:clock N`: so many tokens, each the milliseconds since 1970 at which it was sent, from
    /// which a reader on this machine sees how long it took.
    case clock(tokens: Int)
}

/// The magic words of one prompt.
struct MagicWords: Equatable {
    private(set) var words: [MagicWord] = []
    /// How many requests they are for; nil for all.
    private(set) var times: Int?

    /// Unknown words and arguments are plain text.
    init(_ prompt: String) {
        for line in prompt.split(whereSeparator: \.isNewline) {
            guard let start = line.range(of: "demo:") else { continue }
            let rest = line[start...].dropFirst("demo:".count)
            var arguments = rest.split(separator: " ")
            guard !arguments.isEmpty else { continue }
            let name = arguments.removeFirst()
            if let last = arguments.last, last.hasPrefix("x"), let count = Int(last.dropFirst()) {
                times = count
                arguments.removeLast()
            }
            guard let word = Self.word(name, arguments, line: rest) else { continue }
            words.append(word)
            switch word {
            case .retryAfter, .contextOverflow: times = times ?? 1
            default: break
            }
        }
    }

    private static func word(
        _ name: Substring, _ arguments: [Substring], line: Substring
    ) -> MagicWord? {
        let number = arguments.first.flatMap { Int($0) }
        switch name {
        case "error": return .error(status: min(max(number ?? 500, 400), 599))
        case "retry-after": return .retryAfter(seconds: max(number ?? 1, 0))
        case "no-stream": return .noStream
        case "silence": return .silence
        case "drop": return .drop
        case "error-midstream": return .errorMidstream
        case "tools": return .tools(min(max(number ?? 1_000, 1), 10_000))
        case "tool":
            guard let tool = arguments.first, let input = line.firstIndex(of: "{") else {
                return nil
            }
            return .tool(name: String(tool), input: String(line[input...]))
        case "output": return .output(lines: min(max(number ?? 700_000, 1), 100_000_000))
        case "max-tokens-tool": return .maximumTokensTool
        case "refusal": return .refusal
        case "pause-turn": return .pauseTurn
        case "half-utf8": return .halfUTF8
        case "unknown-event": return .unknownEvent
        case "empty-text": return .emptyText
        case "context-overflow": return .contextOverflow
        case "context-window": return .contextWindow
        case "clock": return .clock(tokens: min(max(number ?? 100, 0), 1_000_000))
        case "stream": return .stream(tokens: min(max(number ?? 100, 0), 1_000_000))
        default: return nil
        }
    }
}

extension Substring {
    /// Where `text` begins; found without Foundation.
    fileprivate func range(of text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
