// A peer's bytes after the handshake, read as a server reads a client's and the other way round.

import FuzzSupport
import WebSockets

/// Far below the product's, so that it is met.
let maximumMessageBytes = 1_024

func events(
    _ pieces: [ArraySlice<UInt8>], from sender: FrameSender
) -> [FrameDecoder.Event] {
    var decoder = FrameDecoder(from: sender, maximumMessageBytes: maximumMessageBytes)
    var events: [FrameDecoder.Event] = []
    for piece in pieces {
        let bytes = Array(piece)
        var position = 0
        while let event = decoder.next(in: bytes.span, from: &position) {
            events.append(event)
            if case .violation = event { return events }
        }
        precondition(position == bytes.count, "input is left that nobody reads")
    }
    return events
}

/// A frame of the server's that says the same; nil for what it never sends.
func frame(_ event: FrameDecoder.Event) -> [UInt8]? {
    var bytes: [UInt8] = []
    switch event {
    case .message(.text(let text)): Frame.appendText(text, to: &bytes)
    case .ping([]): Frame.appendPing(to: &bytes)
    case .close(let code?, let reason): Frame.appendClose(code: code, reason: reason, to: &bytes)
    default: return nil
    }
    return bytes
}

func check(_ event: FrameDecoder.Event) {
    switch event {
    case .message(.text(let payload)), .message(.binary(let payload)):
        precondition(payload.count <= maximumMessageBytes, "a message over the limit")
    case .ping(let payload): precondition(payload.count <= 125, "a long control frame")
    case .violation(let violation):
        precondition([1002, 1007, 1009].contains(violation.code), "code \(violation.code)")
    case .pong, .close: break
    }
}

Fuzzer.run { bytes in
    guard let first = bytes.first else { return }
    for sender in [FrameSender.client, .server] {
        let read = readInPieces(bytes.dropFirst(), choice: first) { events($0, from: sender) }
        read.forEach(check)
        let repeatable = read.filter { frame($0) != nil }
        let frames = repeatable.compactMap(frame)
        let all = Array(frames.joined())
        precondition(events([all[...]], from: .server) == repeatable, "sent again it is another")
        // A writer's cut through what waits is one between frames.
        let cut = Frame.wholeFrames(in: all.span, upTo: Int(first))
        let leading = events([all[..<cut]], from: .server)
        precondition(
            leading + events([all[cut...]], from: .server) == repeatable, "a cut through a frame")
    }
}
