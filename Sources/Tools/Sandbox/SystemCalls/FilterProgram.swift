import CLinux

/// One instruction of a filter: `struct sock_filter` of `linux/filter.h`.
package struct FilterInstruction: Sendable, Equatable {
    package let code: UInt16
    /// How many instructions are skipped where the comparison holds, and where it doesn't.
    package let skipIfTrue: UInt8
    package let skipIfFalse: UInt8
    package let operand: UInt32

    fileprivate init(_ code: Int32, _ operand: UInt32, _ ifTrue: Int = 0, _ ifFalse: Int = 0) {
        self.code = UInt16(code)
        self.operand = operand
        skipIfTrue = UInt8(ifTrue)
        skipIfFalse = UInt8(ifFalse)
    }
}

/// A ``SystemCallFilter`` as a program of classic BPF, the form that seccomp(2) takes; pure.
///
/// It reads `struct seccomp_data`: number, architecture, instruction pointer, six arguments of 64
/// bits each, whose low half comes first on the processors that there are.
package struct FilterProgram: Sendable, Equatable {
    package let instructions: [FilterInstruction]

    package init(_ filter: SystemCallFilter) {
        var program: [FilterInstruction] = [
            .load(at: Self.architectureOffset),
            .test(BPF_JEQ, filter.architecture, ifTrue: 1),
            .answer(SECCOMP_RET_KILL_PROCESS),
            .load(at: Self.numberOffset),
            .test(BPF_JGT, UInt32(filter.lastKnown), ifFalse: 1),
            .fail(ENOSYS),
        ]
        for rule in filter.rules {
            let body = rule.ways.flatMap(Self.way) + [.fail(rule.refusal)]
            // Whoever enters the body leaves it with an answer: the number stays loaded.
            program.append(.test(BPF_JEQ, UInt32(rule.number), ifFalse: body.count))
            program += body
        }
        instructions = program + [.answer(SECCOMP_RET_ALLOW)]
    }

    /// As the kernel reads it, in this processor's byte order.
    package var bytes: [UInt8] {
        instructions.flatMap { instruction in
            Self.bytes(of: instruction.code) + [instruction.skipIfTrue, instruction.skipIfFalse]
                + Self.bytes(of: instruction.operand)
        }
    }

    /// Allows where all conditions hold, and goes on behind itself where one doesn't.
    private static func way(_ conditions: [SystemCallFilter.Condition]) -> [FilterInstruction] {
        let steps = conditions.flatMap(\.steps)
        let instructions = steps.enumerated().map { index, step in
            switch step {
            case .load(let offset): FilterInstruction.load(at: offset)
            case .leave(let test, let operand, let outcome):
                FilterInstruction.test(
                    test, operand, ifTrue: outcome ? steps.count - index : 0,
                    ifFalse: outcome ? 0 : steps.count - index)
            }
        }
        return instructions + [.answer(SECCOMP_RET_ALLOW)]
    }

    private static func bytes(of value: some FixedWidthInteger) -> [UInt8] {
        unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
    }

    private static let numberOffset: UInt32 = 0
    private static let architectureOffset: UInt32 = 4
}

/// A piece of a way: load a word, or leave the way.
private enum Step {
    case load(at: UInt32)
    /// Where the comparison comes out so.
    case leave(test: Int32, operand: UInt32, outcome: Bool)
}

extension SystemCallFilter.Condition {
    /// The kernel reads most arguments as 32 bits and drops the rest, so that comparing all 64
    /// would let through what only looks different.
    fileprivate var steps: [Step] {
        switch self {
        case .equals(let argument, let value):
            [.load(at: Self.low(argument)), .leave(test: BPF_JEQ, operand: value, outcome: false)]
        case .differs(let argument, let value):
            [.load(at: Self.low(argument)), .leave(test: BPF_JEQ, operand: value, outcome: true)]
        case .lacks(let argument, let bits):
            [.load(at: Self.low(argument)), .leave(test: BPF_JSET, operand: bits, outcome: true)]
        case .isAtMost(let argument, let value):
            [
                .load(at: Self.low(argument) + 4),
                .leave(test: BPF_JEQ, operand: 0, outcome: false),
                .load(at: Self.low(argument)),
                .leave(test: BPF_JGT, operand: value, outcome: true),
            ]
        }
    }

    private static func low(_ argument: Int) -> UInt32 { UInt32(16 + 8 * argument) }
}

extension FilterInstruction {
    fileprivate static func load(at offset: UInt32) -> Self {
        Self(BPF_LD | BPF_W | BPF_ABS, offset)
    }

    fileprivate static func test(
        _ test: Int32, _ operand: UInt32, ifTrue: Int = 0, ifFalse: Int = 0
    ) -> Self {
        Self(BPF_JMP | test | BPF_K, operand, ifTrue, ifFalse)
    }

    fileprivate static func answer(_ action: UInt32) -> Self { Self(BPF_RET | BPF_K, action) }

    fileprivate static func fail(_ number: Int32) -> Self {
        answer(SECCOMP_RET_ERRNO | UInt32(number))
    }
}
