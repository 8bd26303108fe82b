import Daemon

/// Cuts what a child writes into lines.
struct LineReader {
    /// A longer line is cut, so that a child cannot grow its supervisor.
    static let maximumLineBytes = 16_384

    private var partial: [UInt8] = []

    /// The lines that are complete now, without their ends and without terminal controls.
    mutating func append(_ bytes: ArraySlice<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || partial.count == Self.maximumLineBytes {
                lines.append(takePartial())
            }
            if byte != UInt8(ascii: "\n") { partial.append(byte) }
        }
        return lines
    }

    /// What came without an end; nil if nothing did.
    mutating func finish() -> String? { partial.isEmpty ? nil : takePartial() }

    private mutating func takePartial() -> String {
        defer { partial.removeAll(keepingCapacity: true) }
        return LogText.printable(String(decoding: partial, as: UTF8.self))
    }
}
