import Testing
import WebSockets

/// A frame as a client sends it.
func clientFrame(
    _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, mask: [UInt8] = [1, 2, 3, 4]
) -> [UInt8] {
    var frame = [(isFinal ? 0x80 : 0) | opcode]
    if payload.count < 126 {
        frame.append(0x80 | UInt8(payload.count))
    } else {
        frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    }
    frame += mask
    for (index, byte) in payload.enumerated() { frame.append(byte ^ mask[index & 3]) }
    return frame
}

/// Everything that a decoder with a limit of 1,000 bytes makes of the input, up to a violation.
private func decode(_ pieces: [[UInt8]]) -> [FrameDecoder.Event] {
    var decoder = FrameDecoder(maximumMessageBytes: 1000)
    var events: [FrameDecoder.Event] = []
    for piece in pieces {
        var position = 0
        while let event = decoder.next(in: piece.span, from: &position) {
            events.append(event)
            if case .violation = event { return events }
        }
    }
    return events
}

/// A generator with a seed of its own, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

private func violationCode(_ input: [UInt8]) -> UInt16? {
    guard case .violation(let violation)? = decode([input]).last else { return nil }
    return violation.code
}

struct FrameDecoderTests {
    @Test func `a text arrives unmasked, however its bytes are cut`() {
        let frame = clientFrame(1, Array("grüezi".utf8))
        let expected: [FrameDecoder.Event] = [.message(.text(Array("grüezi".utf8)))]
        #expect(decode([frame]) == expected)
        #expect(decode(frame.map { [$0] }) == expected)
    }

    @Test func `fragments make one message, with control frames between them`() {
        let input =
            clientFrame(1, [0x61], isFinal: false) + clientFrame(9, [7])
            + clientFrame(0, [0x62], isFinal: false) + clientFrame(10) + clientFrame(0, [0x63])
            + clientFrame(2, [0xff])
        #expect(
            decode([input]) == [
                .ping([7]), .pong, .message(.text([0x61, 0x62, 0x63])), .message(.binary([0xff])),
            ])
    }

    @Test func `a character cut by a fragment is still UTF-8`() {
        let input = clientFrame(1, [0xc3], isFinal: false) + clientFrame(0, [0xa9])
        #expect(decode([input]) == [.message(.text([0xc3, 0xa9]))])
    }

    @Test(
        arguments: [
            [0x81, 0x02, 0x68, 0x69],  // no mask
            clientFrame(0x41, [1]),  // reserved bit
            clientFrame(3), clientFrame(11),  // unknown opcodes
            clientFrame(9, [], isFinal: false),  // fragmented ping
            clientFrame(9, [UInt8](repeating: 1, count: 126)),  // long ping
            clientFrame(0, [1]),  // continues nothing
            clientFrame(1, [1], isFinal: false) + clientFrame(1, [1]),  // inside a message
            clientFrame(8, [3]), clientFrame(8, [0x03, 0xed]),  // close: half a code, 1005
            [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],  // length over 63 bits
            [0x81, 0xfe, 0, 5, 1, 2, 3, 4],  // length not minimal
        ] as [[UInt8]])
    func `what breaks the protocol is 1002`(_ input: [UInt8]) {
        #expect(violationCode(input) == 1002)
    }

    @Test func `text and close reasons that are not UTF-8 are 1007`() {
        #expect(violationCode(clientFrame(1, [0xc3, 0x28])) == 1007)
        #expect(violationCode(clientFrame(1, [0xc3])) == 1007)
        #expect(violationCode(clientFrame(8, [0x03, 0xe8, 0xff])) == 1007)
    }

    @Test func `a message over the limit is 1009 as soon as its header says so`() {
        let over = clientFrame(1, [UInt8](repeating: 0x61, count: 1001))
        #expect(violationCode(Array(over.prefix(8))) == 1009)
        let fragments =
            clientFrame(1, [UInt8](repeating: 0x61, count: 600), isFinal: false)
            + clientFrame(0, [UInt8](repeating: 0x61, count: 401))
        #expect(violationCode(fragments) == 1009)
        #expect(violationCode(clientFrame(1, [UInt8](repeating: 0x61, count: 1000))) == nil)
    }

    @Test func `a message of endless empty fragments is 1009`() {
        let flood = Array(repeating: clientFrame(0, [], isFinal: false), count: 1_000)
        #expect(violationCode(clientFrame(1, [], isFinal: false) + flood.flatMap { $0 }) == 1009)
    }

    /// No byte may end the process: whatever comes is an event, a violation, or waits for more.
    @Test func `arbitrary bytes are decoded without harm`() {
        var random = SplitMix(state: 4711)
        for _ in 0..<20_000 {
            var input = clientFrame(
                [0, 1, 2, 8, 9, 10].randomElement(using: &random) ?? 1,
                (0..<Int.random(in: 0..<20, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }, isFinal: Bool.random(using: &random))
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let index = Int.random(in: 0..<input.count, using: &random)
                input[index] = UInt8.random(in: 0...255, using: &random)
            }
            let cut = Int.random(in: 0...input.count, using: &random)
            let events = decode([Array(input[..<cut]), Array(input[cut...]), input])
            #expect(events.count <= 20)
        }
    }

    @Test func `a close frame gives its code and reason`() {
        #expect(decode([clientFrame(8)]) == [.close(code: nil, reason: "")])
        let payload = [0x0f, 0xa0] + Array("bye".utf8)
        #expect(decode([clientFrame(8, payload)]) == [.close(code: 4000, reason: "bye")])
    }
}

/// A server's frames, as a client reads them.
struct ServerFrameTests {
    private func decode(_ pieces: [[UInt8]]) -> [FrameDecoder.Event] {
        var decoder = FrameDecoder(from: .server, maximumMessageBytes: 100_000)
        var events: [FrameDecoder.Event] = []
        for piece in pieces {
            var position = 0
            while let event = decoder.next(in: piece.span, from: &position) {
                events.append(event)
                if case .violation = event { return events }
            }
        }
        return events
    }

    @Test func `texts of every length are read, however the bytes are cut`() {
        var random = SplitMix(state: 7)
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let text = (0..<length).map { UInt8(0x61 + $0 % 26) }
            var frames: [UInt8] = []
            Frame.appendText(text, to: &frames)
            Frame.appendPing(to: &frames)
            let cut = Int.random(in: 0...frames.count, using: &random)
            let events = decode([Array(frames[..<cut]), Array(frames[cut...])])
            #expect(events == [.message(.text(text)), .ping([])])
        }
    }

    @Test func `a masked frame is a violation`() {
        guard case .violation(let violation)? = decode([clientFrame(1, [0x61])]).last else {
            Issue.record("it was read")
            return
        }
        #expect(violation.code == 1002)
    }

    @Test(arguments: [1000, 1012, 1013, 1014, 4001, 4101] as [UInt16])
    func `every close code that may be sent arrives as it is`(code: UInt16) {
        var frames: [UInt8] = []
        Frame.appendClose(code: code, reason: "r", to: &frames)
        #expect(decode([frames]) == [.close(code: code, reason: "r")])
    }
}

struct FrameEncodingTests {
    @Test(arguments: [1, 5, 200, 70_000, 400_000])
    func `frames are cut between frames, at least one at a time`(maximum: Int) {
        var frames: [UInt8] = []
        var ends: [Int] = []
        for count in [0, 1, 125, 126, 65_535, 65_536, 3] {
            Frame.appendText([UInt8](repeating: 0x61, count: count), to: &frames)
            ends.append(frames.count)
        }
        let expected = ends.last { $0 <= maximum } ?? ends[0]
        #expect(Frame.wholeFrames(in: frames.span, upTo: maximum) == expected)
    }

    @Test(
        arguments: [
            (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]),
            (65_535, [0x81, 126, 0xff, 0xff]), (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func `a text's header has the shortest length`(_ count: Int, _ header: [UInt8]) {
        var frames: [UInt8] = []
        Frame.appendText([UInt8](repeating: 0x61, count: count), to: &frames)
        #expect(Array(frames.prefix(header.count)) == header)
        #expect(frames.count == header.count + count)
    }

    @Test func `a close reason is cut to what a control frame holds`() {
        var frames: [UInt8] = []
        Frame.appendClose(code: 4002, reason: String(repeating: "é", count: 100), to: &frames)
        #expect(Array(frames.prefix(4)) == [0x88, 124, 0x0f, 0xa2])
        #expect(frames.count == 126)
    }
}
