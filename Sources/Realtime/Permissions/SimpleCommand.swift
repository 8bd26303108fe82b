/// A command line that is one simple command whose words are known without running a shell.
///
/// Deliberately far smaller than a shell's grammar: whatever could run a second command, redirect,
/// expand, or mean something else in another shell makes it unreadable here, and an unreadable line
/// is asked about each time. So a mistake of this reader can only ask once too often.
public struct SimpleCommand: Sendable, Equatable {
    /// The program and its arguments, quotes removed; at least one word.
    public let words: [String]

    /// Why a line is none.
    public enum Refusal: Error, Sendable, Equatable {
        case empty
        case tooLong
        /// A character that a shell treats specially, unquoted or in double quotes.
        case special(Unicode.Scalar)
        case unclosedQuote
        /// `if`, `!`, `time`, … : the line is a construct of the shell.
        case reservedWord(String)
        /// `NAME=value command`: the environment changes what the command does.
        case assignment
    }

    /// A line over this is not remembered; a rule has to be readable in a list.
    public static let maximumBytes = 4_096

    /// Reads a line; nothing of it is run or looked up.
    public init(parsing line: String) throws(Refusal) {
        guard line.utf8.count <= Self.maximumBytes else { throw .tooLong }
        var reader = WordReader(line)
        var words: [String] = []
        while let word = try reader.next() { words.append(word) }
        guard let program = words.first, !program.isEmpty else { throw .empty }
        if Self.reservedWords.contains(program) { throw .reservedWord(program) }
        if program.unicodeScalars.contains("=") { throw .assignment }
        self.words = words
    }

    /// The program's file name, without its folder and a version such as that of `python3.11`.
    public var programName: String {
        let name = words[0].split(separator: "/").last ?? ""
        let unversioned = String(name.reversed().drop { $0 == "." || $0.isNumber }.reversed())
        return unversioned.isEmpty ? String(name) : unversioned
    }

    private static let reservedWords: Set<String> = [
        "!", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if",
        "in", "select", "then", "time", "until", "while",
    ]
}

/// Splits a line into words and stops at the first thing that is not plain.
private struct WordReader {
    private var rest: Substring.UnicodeScalarView

    init(_ line: String) { rest = line[...].unicodeScalars }

    /// Nil at the end of the line.
    mutating func next() throws(SimpleCommand.Refusal) -> String? {
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        guard !rest.isEmpty else { return nil }
        var word = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case " ", "\t": return String(word)
            case "'": word += try quoted(until: "'", forbidding: [])
            case "\"": word += try quoted(until: "\"", forbidding: ["$", "`", "\\", "!"])
            default:
                guard Self.isPlain(scalar) else { throw .special(scalar) }
                word.append(scalar)
            }
        }
        return String(word)
    }

    private mutating func quoted(
        until quote: Unicode.Scalar, forbidding forbidden: Set<Unicode.Scalar>
    ) throws(SimpleCommand.Refusal) -> String.UnicodeScalarView {
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == quote { return text }
            guard !forbidden.contains(scalar), !Self.isControl(scalar) else {
                throw .special(scalar)
            }
            text.append(scalar)
        }
        throw .unclosedQuote
    }

    /// ASCII that no shell interprets in a word, and letters of other scripts; not their spaces.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || plainPunctuation.contains(scalar)
        }
        return scalar.properties.isAlphabetic
    }

    private static let plainPunctuation: Set<Unicode.Scalar> = [
        "%", "+", ",", "-", ".", "/", ":", "=", "@", "_",
    ]

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
