import JSON
import Protocol
import Testing

@Suite struct EnvelopeTests {
    private let envelopes = [
        Envelope(header: ["type": "one"]),
        Envelope(header: ["type": "two", "n": 2], body: [0, 1, 255]),
        Envelope(header: [:], body: Array(repeating: 7, count: 70_000)),
    ]

    private func parse(_ bytes: [UInt8], inPiecesOf size: Int) throws(WireError) -> [Envelope] {
        var parser = EnvelopeParser()
        var found: [Envelope] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            unsafe piece.withUnsafeBytes { unsafe parser.append($0) }
            while let envelope = try parser.next() { found.append(envelope) }
        }
        return found
    }

    private func error(in bytes: [UInt8]) -> WireError? {
        do throws(WireError) {
            _ = try parse(bytes, inPiecesOf: 64)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [1, 2, 3, 7, 8, 9, 1_000, 1_000_000])
    func `any split of the bytes gives the same messages`(size: Int) throws {
        let bytes = envelopes.flatMap { $0.encoded() ?? [] }
        #expect(try parse(bytes, inPiecesOf: size) == envelopes)
    }

    @Test func `a length over the limit is refused before its bytes come`() {
        #expect(
            error(in: [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 2])
                == .tooLarge(bytes: 0xFFFF_FFFF, maximum: Envelope.maximumBytes))
    }

    @Test func `a header that is longer than its message is refused`() {
        #expect(error(in: [0, 0, 0, 6, 0, 0, 0, 3, 1, 2, 3]) == .badLengths(total: 6, header: 3))
        #expect(error(in: [0, 0, 0, 4, 0, 0, 0, 0]) == .badLengths(total: 4, header: 0))
    }

    @Test func `a header that is no JSON object is refused`() {
        #expect(error(in: [0, 0, 0, 6, 0, 0, 0, 2] + Array("[]".utf8)) == .badField("header"))
        #expect(error(in: [0, 0, 0, 6, 0, 0, 0, 2] + Array("{1".utf8))?.label == "bad_header")
    }

    @Test func `an oversized message is not encoded`() {
        let body = [UInt8](repeating: 0, count: Envelope.maximumBytes)
        #expect(Envelope(header: [:], body: body).encoded() == nil)
    }
}
