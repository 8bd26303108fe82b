import Glibc

/// Ends this process like `exit`, but without the handlers that libraries have left for it.
///
/// Other threads run on to the very end. OpenSSL's handler frees what those are using: one of 150
/// interrupted `switchboard send` died of it instead of ending with 130. Nothing of ours waits for
/// a handler; what C has buffered for its streams is written out. From any thread.
public func endProcess(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
}
