/// Why bytes are not the JSON that is accepted here, and where.
///
/// It quotes nothing of the text, so that it can be logged and answered to a peer.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public enum Reason: String, Sendable, CaseIterable {
        case truncated = "the text ends too early"
        case syntax = "not JSON"
        case invalidUTF8 = "not valid UTF-8"
        case trailingBytes = "something follows the value"
        case duplicateKey = "an object has the same key twice"
        case zeroInKey = "an object key holds a NUL character"
        case numberOutOfRange = "a number is outside int64 or double"
        case tooDeep = "nested too deeply"
        case outOfMemory = "no memory to hold it"
    }

    public let reason: Reason
    /// Counted from 1.
    public let line: Int
    /// Characters from the start of the line, counted from 1; 0 where nothing was read yet.
    public let column: Int
    /// Bytes from the start of the text.
    public let position: Int

    public init(reason: Reason, line: Int, column: Int, position: Int) {
        self.reason = reason
        self.line = line
        self.column = column
        self.position = position
    }

    public var description: String {
        "could not parse JSON: \(reason.rawValue) (line \(line), column \(column), byte \(position))"
    }
}
