/// What a reader of a stream makes of `bytes`, which must be the same wherever the network cut them.
///
/// - Parameters:
///   - choice: chooses the length of the pieces, 1 to 32 bytes.
///   - read: reads the pieces in their order, with a new reader for each call.
public func readInPieces<Outcome: Equatable>(
    _ bytes: ArraySlice<UInt8>, choice: UInt8, _ read: ([ArraySlice<UInt8>]) -> Outcome
) -> Outcome {
    let whole = read(bytes.isEmpty ? [] : [bytes])
    var pieces: [ArraySlice<UInt8>] = []
    var rest = bytes
    while !rest.isEmpty {
        pieces.append(rest.prefix(1 + Int(choice % 32)))
        rest = rest.dropFirst(1 + Int(choice % 32))
    }
    precondition(read(pieces) == whole, "the cuts change what was read")
    return whole
}
