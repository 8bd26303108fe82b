// Frames between processes: cut out of the stream, parsed, and understood as each end would.
//
// The last bit of the first byte chooses: 0, the rest is the stream as it is; 1, it is one message,
// a header up to the end of its line and a body, and gets its lengths here, which chance rarely does.

import FuzzSupport
import Protocol

/// What came of a stream.
struct Outcome: Equatable {
    var envelopes: [Envelope] = []
    var failure: WireError?
}

/// Far below a real peer's limit, so that it is met.
let maximumBytes = 2_048

func read(_ pieces: [ArraySlice<UInt8>]) -> Outcome {
    var parser = EnvelopeParser(maximumBytes: maximumBytes)
    var outcome = Outcome()
    for piece in pieces {
        unsafe piece.withUnsafeBytes { unsafe parser.append($0) }
        do throws(WireError) {
            while let envelope = try parser.next() { outcome.envelopes.append(envelope) }
        } catch {
            outcome.failure = error
            return outcome
        }
        precondition(parser.pendingBytes < 4 + maximumBytes, "more is kept than was announced")
    }
    return outcome
}

func framed(_ message: ArraySlice<UInt8>) -> [UInt8] {
    let header = message.prefix { $0 != UInt8(ascii: "\n") }
    let body = message[header.endIndex...].dropFirst()
    let lengths = [4 + header.count + body.count, header.count].flatMap { length in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
    }
    return lengths + header + body
}

/// The value that `parse` makes of an envelope, which must be what its own envelope says again.
func understand<Message: Equatable>(
    _ envelope: Envelope, _ parse: (Envelope) throws -> Message, _ write: (Message) -> Envelope
) {
    guard let message = try? parse(envelope) else { return }  // refused: it ends the peer
    precondition((try? parse(write(message))) == message, "written again it is not \(message)")
}

func check(_ envelope: Envelope) {
    guard let bytes = envelope.encoded() else { preconditionFailure("too large to be sent back") }
    precondition(
        read([bytes[...]]).envelopes == [envelope] || bytes.count > 4 + maximumBytes,
        "encoded again it is not \(envelope)")
    understand(envelope, { try Hello($0) }, \.envelope)
    understand(envelope, { try PeerMessage($0) }, \.envelope)
    understand(envelope, { try HubMessage($0) }, \.envelope)
}

Fuzzer.run { bytes in
    guard let first = bytes.first else { return }
    let rest = bytes.dropFirst()
    let stream = first & 1 == 0 ? rest : framed(rest)[...]
    readInPieces(stream, choice: first >> 1, read).envelopes.forEach(check)
}
