/// A small generator whose whole run follows from its seed, so that a failure can be repeated.
public struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `odds` times.
    public mutating func oneIn(_ odds: Int) -> Bool { Int.random(in: 0..<odds, using: &self) == 0 }
}

/// The seeds of this run, printed with every failure by the test's argument.
///
/// A fresh one joins the fixed ones, so that each run also looks where none has looked before.
public let seeds: [UInt64] = [1, 2, 3, 42, 0xDEAD_BEEF, UInt64.random(in: 0...UInt64.max)]
