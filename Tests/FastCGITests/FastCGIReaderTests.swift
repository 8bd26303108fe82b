import FastCGI
import Testing
import TestSupport

@Suite struct FastCGIReaderTests {
    private typealias Client = FastCGIClient

    /// What a reader does about these bytes, given in portions of this size.
    private func actions(
        _ bytes: [UInt8], portion: Int = 70_000, maximumBodyBytes: Int = 1_000
    ) -> [FastCGIRequestReader.Action] {
        var reader = FastCGIRequestReader(limits: FastCGILimits(maximumBodyBytes: maximumBodyBytes))
        return stride(from: 0, to: bytes.count, by: portion).flatMap { start in
            reader.receive(bytes[start..<min(start + portion, bytes.count)])
        }
    }

    private func request(_ actions: [FastCGIRequestReader.Action]) -> FastCGIRequest? {
        guard actions.count == 1, case .deliver(let request) = actions[0] else { return nil }
        return request
    }

    private func refusal(_ bytes: [UInt8]) -> FastCGIRefusal? {
        guard case .close(let refusal)? = actions(bytes).last else { return nil }
        return refusal
    }

    @Test(arguments: [1, 7, 8, 100, 70_000])
    func `a request is read from portions of any size`(_ portion: Int) {
        let bytes = Client.request(
            "PUT", "/a", query: "b=c", headers: [("HTTP_X", String(repeating: "x", count: 300))],
            body: Array(repeating: 7, count: 900))
        let request = request(actions(bytes, portion: portion))
        #expect(request?.method == "PUT")
        #expect(request?.path == "/a")
        #expect(request?.query == "b=c")
        #expect(request?.parameter("HTTP_X")?.count == 300)
        #expect(request?.body == .success(Array(repeating: 7, count: 900)))
    }

    @Test func `a repeated parameter keeps every value`() {
        let bytes = Client.head([("HTTP_ORIGIN", "a"), ("HTTP_ORIGIN", "b")]) + Client.body([])
        #expect(request(actions(bytes))?.parameters["HTTP_ORIGIN"] == ["a", "b"])
    }

    @Test(
        arguments: [
            // The first one ended a process that left this to libfcgi.
            [0x80, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0], [0x7f, 0xff, 0xff, 0xff], [1], [1, 1, 0x41],
            [0x80], [0, 0x80, 0], [2, 0, 0x41], [0xff, 0xff, 0xff, 0xff, 1, 0x41],
        ] as [[UInt8]])
    func `a parameter that goes past the end refuses the request`(_ pairs: [UInt8]) {
        let bytes = Client.begin + Client.record(4, pairs) + Client.record(4)
        #expect(refusal(bytes) == .malformedParameters)
    }

    @Test func `pairs of any split are whole at their stream's end`() {
        let pairs = Client.parameters([("A", "b"), ("", ""), ("C", "")])
        let records = pairs.flatMap { Client.record(4, [$0]) }
        let whole = Client.begin + records + Client.record(4) + Client.body([])
        let request = request(actions(whole))
        #expect(request?.parameters["A"] == ["b"] && request?.parameters["C"] == [""])
    }

    @Test func `records out of turn, of another version or shape close the connection`() {
        let head = Client.head([("A", "b")])
        let cases: [([UInt8], FastCGIRefusal)] = [
            (Array("GET / HTTP/1.1\r\n\r\n".utf8), .version(0x47)),
            ([UInt8](repeating: 0xff, count: 5_000), .version(0xff)),
            (Client.record(1, [0, 1]), .malformedBegin),
            (Client.record(4), .outOfTurn(4)), (Client.begin + Client.begin, .outOfTurn(1)),
            (Client.begin + Client.record(5), .outOfTurn(5)),
            (head + Client.record(4), .outOfTurn(4)), (head + Client.record(99), .outOfTurn(99)),
            (Client.begin + [1, 5, 0, 7, 0, 0, 0, 0], .outOfTurn(5)),
            (head + Client.record(2), .left),
        ]
        for (bytes, expected) in cases { #expect(refusal(bytes) == expected) }
        let large = (0..<3).flatMap { _ in Client.record(4, [UInt8](repeating: 0, count: 65_000)) }
        #expect(refusal(Client.begin + large) == .parametersTooLarge(maximumBytes: 131_072))
    }

    @Test func `another request of the connection, role or question is answered as specified`() {
        let second: [UInt8] = [1, 1, 0, 2, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        let end: [UInt8] = [1, 3, 0, 2, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
        #expect(actions(Client.begin + second) == [.send(end)])
        let filter = Client.record(1, [0, 3, 0, 0, 0, 0, 0, 0])
        #expect(
            actions(filter)
                == [.send([1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]), .close(nil)])
        let question: [UInt8] = [1, 9, 0, 0, 0, 0, 0, 0]
        let name = Array("FCGI_MPXS_CONNS".utf8)
        #expect(actions(question) == [.send([1, 10, 0, 0, 0, 18, 0, 0, 15, 1] + name + [0x30])])
        #expect(
            actions([1, 77, 0, 0, 0, 0, 0, 0])
                == [.send([1, 11, 0, 0, 0, 8, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0])])
    }

    @Test func `the body's length must be the announced one`() {
        func body(_ announced: String?, _ bytes: Int) -> Result<[UInt8], FastCGIBodyError>? {
            let length = announced.map { [("CONTENT_LENGTH", $0)] } ?? [("A", "b")]
            let content = [UInt8](repeating: 1, count: bytes)
            return request(actions(Client.head(length) + Client.body(content)))?.body
        }
        #expect(body("3", 3) == .success([1, 1, 1]))
        #expect(body(nil, 0) == .success([]) && body("", 0) == .success([]))
        #expect(body("5", 3) == .failure(.truncated) && body("2", 3) == .failure(.truncated))
        #expect(body(nil, 3) == .failure(.truncated))
        #expect(body("1001", 1) == .failure(.tooLarge(maximumBytes: 1_000)))
        #expect(body("1001", 1_001) == .failure(.tooLarge(maximumBytes: 1_000)))
        for text in ["-1", "0x5", "5 5", "99999999999999999999", "+3", "٣"] {
            #expect(body(text, 3) == .failure(.malformedLength))
        }
    }

    @Test(arguments: seeds)
    func `no bytes do more than end their connection`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let whole = Client.request(
            "POST", "/x", headers: [("HTTP_A", String(repeating: "y", count: 200))],
            body: Array(repeating: 1, count: 50))
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: bytes.remove(at: place)
                }
            }
            let portion = Int.random(in: 1...bytes.count, using: &random)
            let done = actions(bytes, portion: portion)
            let ends = done.filter { if case .send = $0 { false } else { true } }
            #expect(ends.count <= 1, "one end a connection")
        }
    }
}
