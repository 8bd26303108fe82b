import Glibc
import System

/// A program's output: its beginning and its end in memory, all of it up to a cap in a file.
///
/// The file is made only once the output is longer than a result may be.
struct OutputCollector {
    /// All bytes that came.
    private(set) var producedBytes = 0
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var kept: (file: OwnedDescriptor, path: String)?
    private var fileBytes = 0
    private let outputs: KeptOutputs

    private static let tailBytes = ToolLimits.maximumResultBytes - ToolLimits.resultHeadBytes - 500

    init(keptIn outputs: KeptOutputs) { self.outputs = outputs }

    /// Takes what came.
    mutating func append(_ bytes: ArraySlice<UInt8>) {
        let wasLong = isLong
        producedBytes += bytes.count
        if wasLong { return appendToEnd(bytes) }
        head += bytes
        guard isLong else { return }
        kept = outputs.make()
        keep(head[...])
        tail = Array(head.dropFirst(ToolLimits.resultHeadBytes).suffix(Self.tailBytes))
        head.removeLast(head.count - ToolLimits.resultHeadBytes)
    }

    /// The file that holds more than ``text()`` does.
    var fullOutputPath: String? { kept?.path }

    /// What the model gets, at most ``ToolLimits/maximumResultBytes``.
    func text() -> String {
        guard isLong else { return ShownText.clean(head) }
        let end = tail.suffix(Self.tailBytes)
        let missing = producedBytes - head.count - end.count
        return ShownText.clean(Self.wholeCharacters(head)) + "\n\n[… \(missing) bytes left out; "
            + "\(whereabouts) …]\n\n" + ShownText.clean(end.drop { $0 & 0xC0 == 0x80 })
    }

    private var isLong: Bool { producedBytes > ToolLimits.maximumResultBytes }

    private var whereabouts: String {
        guard let kept else { return "there was no room to keep them" }
        return fileBytes == producedBytes
            ? "all \(producedBytes) are in \(kept.path)"
            : "the first \(fileBytes) of \(producedBytes) are in \(kept.path)"
    }

    private mutating func appendToEnd(_ bytes: ArraySlice<UInt8>) {
        keep(bytes)
        tail += bytes
        // Trimmed now and then, so that each byte is moved about once.
        if tail.count > 4 * Self.tailBytes { tail.removeFirst(tail.count - Self.tailBytes) }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard let kept else { return }
        let room = ToolLimits.maximumKeptOutputBytes - fileBytes
        let taken = bytes.prefix(room)
        guard !taken.isEmpty else { return }
        let count = unsafe taken.withUnsafeBytes { buffer in
            unsafe write(kept.file.number, buffer.baseAddress, buffer.count)
        }
        // A full disk: the file holds what was written until then.
        fileBytes += max(0, count)
    }

    /// Without a character that was cut off at the end.
    private static func wholeCharacters(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.dropLast(UTF8Pieces.incompleteTail(bytes[...]))
    }
}
