import Client
import Testing

@Suite struct FrameTests {
    private func frames(_ bytes: [UInt8], in pieces: Int = 1) throws -> [ServerFrame] {
        var parser = ServerFrameParser()
        var frames: [ServerFrame] = []
        let size = max(1, bytes.count / pieces)
        for start in stride(from: 0, to: bytes.count, by: size) {
            parser.append(Array(bytes[start..<min(start + size, bytes.count)]))
            while let frame = try parser.next() { frames.append(frame) }
        }
        return frames
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536])
    func `a frame of any length is read, however its bytes arrive`(length: Int) throws {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        var bytes: [UInt8] = [0x82]
        if length < 126 {
            bytes.append(UInt8(length))
        } else if length < 65_536 {
            bytes += [126, UInt8(length >> 8), UInt8(length & 0xff)]
        } else {
            bytes += [127, 0, 0, 0, 0, 0, 1, 0, 0]
        }
        let ping: [UInt8] = [0x89, 1, 7]
        for pieces in [1, 2, 7] {
            let read = try frames(bytes + payload + ping, in: pieces)
            // Compared outside the macro: it would take minutes to show how 64 KiB differ.
            let isWhole =
                read.first == ServerFrame(opcode: .binary, isFinal: true, payload: payload)
            #expect(isWhole)
            #expect(read.dropFirst() == [ServerFrame(opcode: .ping, isFinal: true, payload: [7])])
        }
    }

    @Test(
        arguments: [
            ([0xC1, 0], FrameError.reservedBits), ([0x83, 0], .unknownOpcode(3)),
            ([0x81, 0x80, 0, 0, 0, 0], .masked),
            ([0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0], .tooLarge(4_294_967_296)),
            ([0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], .tooLarge(.max)),
        ] as [([UInt8], FrameError)])
    func `what no server may send is refused before its payload is awaited`(
        bytes: [UInt8], expected: FrameError
    ) {
        #expect(throws: expected) { try frames(bytes) }
    }

    @Test(arguments: [0, 5, 125, 126, 65_535, 65_536])
    func `a client's frame is masked and unmasks to its payload`(length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let bytes = ClientFrame.encoded(.text, payload)
        #expect(bytes[0] == 0x81)
        #expect(bytes[1] & 0x80 != 0)
        let head = 2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8)
        let mask = Array(bytes[head..<head + 4])
        let unmasked = bytes[(head + 4)...].enumerated().map { $1 ^ mask[$0 % 4] }
        // Compared outside the macro: it would take minutes to show how 64 KiB differ.
        let isSame = unmasked == payload
        #expect(isSame)
        #expect(bytes.count == head + 4 + length)
    }

    @Test func `the handshake's proof is the one of RFC 6455`() {
        let proof = SHA1.digest(
            Array("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
        #expect(Base64.encode(proof) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
    ])
    func `SHA-1 gives the digests of its standard`(text: String, expected: String) {
        let digits = SHA1.digest(Array(text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(digits.joined() == expected)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ])
    func `base64 is padded as RFC 4648 has it`(text: String, expected: String) {
        #expect(Base64.encode(Array(text.utf8)) == expected)
    }
}
