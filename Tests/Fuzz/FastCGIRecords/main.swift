// A web server's connection: records, and the parameters and body that they carry in pieces.
//
// The last bit of the first byte chooses: 0, the rest is the stream as it is; 1, the two bytes after
// it are the length of the parameters, behind which the body stands, and both get their records here.

import FastCGI
import FuzzSupport

/// Far below the product's, so that they are met.
let limits = {
    var limits = FastCGILimits(maximumBodyBytes: 512)
    limits.maximumParameterBytes = 1_024
    return limits
}()

func read(_ pieces: [ArraySlice<UInt8>]) -> [FastCGIRequestReader.Action] {
    var reader = FastCGIRequestReader(limits: limits)
    return pieces.flatMap { reader.receive($0) }
}

func record(_ type: UInt8, _ content: some Collection<UInt8>, padding: Int = 0) -> [UInt8] {
    let lengths = [UInt8(content.count >> 8), UInt8(content.count & 0xff), UInt8(padding), 0]
    return [1, type, 0, 7] + lengths + content + Array(repeating: 0, count: padding)
}

/// A stream within the request, in records of at most `size` bytes and with its end.
func records(_ type: UInt8, _ stream: ArraySlice<UInt8>, size: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = stream
    while !rest.isEmpty {
        bytes += record(type, rest.prefix(size), padding: size % 8)
        rest = rest.dropFirst(size)
    }
    return bytes + record(type, [])
}

func request(
    _ parameters: ArraySlice<UInt8>, _ body: ArraySlice<UInt8>, size: Int
) -> [UInt8] {
    record(1, [0, 1, 0, 0, 0, 0, 0, 0]) + records(4, parameters, size: size)
        + records(5, body, size: size)
}

func check(_ actions: [FastCGIRequestReader.Action]) {
    for (place, action) in actions.enumerated() {
        let isLast = place == actions.count - 1
        switch action {
        case .send: continue
        case .close: precondition(isLast, "something is done after the end")
        case .deliver(let request):
            precondition(isLast, "something is done after the request")
            precondition(!request.path.utf8.contains(UInt8(ascii: "?")), "a query in the path")
            guard case .success(let body) = request.body else { continue }
            precondition(body.count <= limits.maximumBodyBytes, "a body over the limit")
        }
    }
}

/// The same request in two kinds of records is the same request, with the body that was sent.
func checkFramed(_ parameters: ArraySlice<UInt8>, _ body: ArraySlice<UInt8>, _ choice: UInt8) {
    let small = request(parameters, body, size: 1 + Int(choice % 32))
    let actions = readInPieces(small[...], choice: choice, read)
    check(actions)
    precondition(read([request(parameters, body, size: 4_096)[...]]) == actions, "records count")
    guard case .deliver(let request)? = actions.last, case .success(let read) = request.body
    else { return }
    precondition(read[...] == body, "another body than was sent")
}

Fuzzer.run { bytes in
    guard let first = bytes.first else { return }
    let rest = bytes.dropFirst()
    guard first & 1 == 1, rest.count > 2 else {
        return check(readInPieces(rest, choice: first >> 1, read))
    }
    let parameters = rest.dropFirst(2).prefix(Int(rest[1]) << 8 | Int(rest[2]))
    checkFramed(parameters, rest[parameters.endIndex...], first >> 1)
}
