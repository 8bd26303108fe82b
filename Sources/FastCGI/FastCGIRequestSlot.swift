import CFastCGI
import Glibc
import System

/// One thread's place for one request at a time; made and used on that thread only.
///
/// It accepts connections itself and hands each to libfcgi, which would wait for ever inside
/// `accept` and inside the first read. A connection carries one request: kept ones would each pin
/// a thread while they idle.
@safe public final class FastCGIRequestSlot {
    private let listener: FastCGIListener
    private let peerTimeout: Duration
    private let epoll: Int32
    /// libfcgi's request; its address is stable because its streams point back to it.
    private let request: UnsafeMutablePointer<FCGX_Request>
    private weak var current: FastCGIRequest?

    /// - Parameter peerTimeout: how long one read or write waits for the web server, at least 1 ms.
    public init(
        _ listener: FastCGIListener, peerTimeout: Duration = .seconds(10)
    ) throws(FastCGIError) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else {
            throw .system(call: "epoll_create1", path: listener.path, .last)
        }
        // Exclusive: the kernel wakes one of the waiting threads for a connection, not all.
        let exclusive = EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue
        guard
            Self.watch(listener.descriptor, events: exclusive, on: epoll),
            Self.watch(listener.stopDescriptor, events: EPOLLIN.rawValue, on: epoll)
        else {
            let error = SystemError.last
            close(epoll)
            throw .system(call: "epoll_ctl", path: listener.path, error)
        }
        self.listener = listener
        self.peerTimeout = peerTimeout
        self.epoll = epoll
        unsafe request = .allocate(capacity: 1)
        unsafe request.initialize(to: FCGX_Request())
        unsafe FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        finishCurrent()
        unsafe request.deallocate()
        close(epoll)
    }

    /// Waits for the next request and reads its parameters; nil after the listener's shutdown.
    ///
    /// A request that was not finished is finished first. Connections that are not FastCGI, that end
    /// early, or that are silent for the peer's time-out are closed and never returned.
    public func accept() -> FastCGIRequest? {
        finishCurrent()
        while let connection = nextConnection() {
            limitWaiting(of: connection)
            if begin(connection) {
                let accepted = unsafe FastCGIRequest(request)
                current = accepted
                return accepted
            }
        }
        return nil
    }

    private func finishCurrent() {
        current?.finish()
        // Without a request object the slot itself gives back what libfcgi holds; twice is harmless.
        unsafe FCGX_Finish_r(request)
    }

    private static func watch(_ descriptor: Int32, events: UInt32, on epoll: Int32) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = descriptor
        return unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }
}

// MARK: - Connections

extension FastCGIRequestSlot {
    /// A connection of the listener, blocking; nil once it is shut down and its backlog is empty.
    private func nextConnection() -> Int32? {
        while true {
            let isStopping = waitForEvents()
            do throws(SystemError) {
                return try UnixSocket.accept(from: listener.descriptor, isBlocking: true)
            } catch {
                switch error.number {
                case EAGAIN where isStopping: return nil
                case EMFILE, ENFILE, ENOBUFS, ENOMEM: waitForDescriptors()
                default: continue
                }
            }
        }
    }

    /// Sleeps until something arrives; true when that is the end.
    private func waitForEvents() -> Bool {
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 2)
        let count = unsafe epoll_wait(epoll, &events, 2, -1)
        return unsafe events.prefix(Int(max(count, 0))).contains {
            unsafe $0.data.fd == listener.stopDescriptor
        }
    }

    /// The process is out of descriptors and the connection stays readable: 50 ms, not a busy loop.
    private func waitForDescriptors() {
        _ = poll(nil, 0, 50)
    }

    private func limitWaiting(of connection: Int32) {
        var limit = peerTimeout.timeval
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    /// Lets libfcgi read the request's head from the connection, which it owns from here on.
    ///
    /// `FCGX_Accept_r` accepts only where no connection is set, and closes the one that is set unless
    /// it is marked as kept. After a bad head it closes and accepts from the listening descriptor -1,
    /// which fails at once.
    private func begin(_ connection: Int32) -> Bool {
        unsafe request.pointee.ipcFd = connection
        unsafe request.pointee.keepConnection = 1
        guard unsafe FCGX_Accept_r(request) == 0 else { return false }
        unsafe request.pointee.keepConnection = 0
        // A head that broke off between two parameters is reported by the stream only.
        if unsafe FCGX_GetError(request.pointee.in) == 0 { return true }
        unsafe FCGX_Free(request, 1)
        return false
    }
}
