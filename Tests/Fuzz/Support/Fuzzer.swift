import Glibc

/// libFuzzer, which calls one function with bytes of its own making until it finds a fault.
public enum Fuzzer {
    /// Set once, before libFuzzer's one thread begins to call.
    nonisolated(unsafe) private static var test: ([UInt8]) -> Void = { _ in }

    /// Runs `test` on whatever libFuzzer makes up, and ends the process; a failed precondition or a
    /// trap in it is a finding.
    public static func run(_ test: @escaping ([UInt8]) -> Void) -> Never {
        unsafe self.test = test
        var count = CommandLine.argc
        var arguments = unsafe CommandLine.unsafeArgv
        exit(
            unsafe runDriver(&count, &arguments) { start, count in
                unsafe Fuzzer.test(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }
}

/// libFuzzer's own loop (`LLVMFuzzerRunDriver`, FuzzerInterface.h).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
