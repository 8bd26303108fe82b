import CFastCGI
import Glibc

/// libfcgi as a whole.
enum FastCGILibrary {
    /// Initialises libfcgi once a process (`FCGX_Init`).
    ///
    /// The handlers of SIGTERM and SIGUSR1 that it takes are put back. SIGPIPE is ignored from then
    /// on: a web server that has gone away is an error of a write, not the end of the process.
    static func initialise() throws(FastCGIError) {
        if code != 0 { throw .libraryUnavailable(code: code) }
    }

    private static let code: Int32 = {
        var terminate = sigaction()
        var user = sigaction()
        unsafe sigaction(SIGTERM, nil, &terminate)
        unsafe sigaction(SIGUSR1, nil, &user)
        // How long closing waits for the web server to close first. nginx does so at once; the usual
        // 2 s would let a few broken peers hold every thread.
        unsafe setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0)
        let code = FCGX_Init()
        unsafe sigaction(SIGTERM, &terminate, nil)
        unsafe sigaction(SIGUSR1, &user, nil)
        signal(SIGPIPE, SIG_IGN)
        return code
    }()
}
