import Glibc
import JSON
import Testing
import Tools

@Suite(.serialized) struct `The sandbox` {
    let harness: Harness
    init() throws {
        harness = try Harness()
        try harness.write("f", "content\n")
        try Folder.make("\(harness.root)/d")
    }

    /// Each changes something where it may.
    static let mutations = [
        "echo x > f", "echo x >> f", "rm f", "rm -rf d", "mv f g", "cp f g", "touch g", "mkdir g",
        "rmdir d", "ln f g", "ln -s f g", "chmod 777 f", "truncate -s 0 f", "tee g < f",
        "dd if=f of=g", "sed -i s/c/x/ f", "sed -n 1wg f",
        "sort -o g f", "find . -fprint g", "find . -name f -delete", "find . -exec touch g \\;",
        "awk 'BEGIN { print 1 > \"g\" }'", "perl -e 'open(F, \">g\") or die'",
        "python3 -c 'open(\"g\", \"w\")'", "git init .", "tar -cf g f", "split f g",
        "bash -c 'echo x > g' --help", "env touch g", "xargs touch g </dev/null; touch g",
        "sh -c : && install f g", "patch f </dev/null; touch -d 2001-01-01 f", "mkfifo g",
        "uniq f g", "echo x | tee d/g", "cd d && echo x > ../g", "gzip f", "exec 3<> g",
    ]

    @Test(arguments: mutations)
    func `in safe mode no command changes the workspace`(_ line: String) throws {
        let before = snapshot()
        _ = try harness.bash(line, access: .readOnly)
        #expect(snapshot() == before)
    }

    @Test func `the same commands do change a workspace that is writable`() throws {
        // Else the test above could not fail.
        for line in Self.mutations {
            let other = try Harness()
            try other.write("f", "content\n")
            try Folder.make("\(other.root)/d")
            let names = Folder.names(other.root), text = other.text("f")
            let outcome = try other.bash(line)
            #expect(
                Folder.names(other.root) != names || other.text("f") != text
                    || line.contains("chmod") || line.contains("d/g") || line.contains("2001"),
                "\(line): \(outcome.text)")
        }
    }

    @Test(arguments: [
        "/x", "/etc/x", "/etc/hosts", "/usr/x", "/usr/bin/env", "/opt/x", "/var/x", "/home/x",
        "/root/x", "/run/x", "/dev/x", "/sys/x", "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/self/oom_score_adj",
        "/proc/1/oom_score_adj", "/lib/x", "/bin/x",
    ])
    func `nowhere else can be written, in any mode`(_ path: String) throws {
        for access in [SandboxAccess.readOnly, .writable] {
            let outcome = try harness.bash("echo switchboard-test > \(path)", access: access)
            #expect(outcome.isError, "\(path)")
        }
        #expect(Folder.text(path)?.contains("switchboard-test") != true)
    }

    @Test func `what is written to its own places is gone with the call`() throws {
        let name = "switchboard-\(getpid())-gone"
        for place in ["/tmp/\(name)", "/var/tmp/\(name)", "/dev/shm/\(name)"] {
            #expect(!(try harness.bash("echo x > \(place)", access: .readOnly).isError))
            #expect(try harness.bash("cat \(place)", access: .readOnly).isError)
            #expect(Folder.read(place) == nil)
        }
    }

    @Test(arguments: [
        "/etc/shadow", "/etc/gshadow", "/etc/ssl/private", "/etc/ssh", "/etc/switchboard",
        "/run/switchboard", "/var/lib/switchboard", "/root/.ssh", "/root/.bashrc", "/home",
        "/var/log", "/run/systemd", "/sys", "/boot", "/mnt", "/srv", "/var/lib",
        "/proc/self/root/etc/shadow", "/proc/1/root/etc/shadow", "/proc/1/cwd/../../etc/shadow",
    ])
    func `what is nobody's business is not there`(_ path: String) throws {
        for access in [SandboxAccess.readOnly, .writable] {
            #expect(try harness.bash("ls -d \(path)", access: access).isError, "\(path)")
        }
    }

    @Test func `neighbours of the workspace are not there`() throws {
        try Folder.write("\(harness.folder.path)/secret", "the secret")
        for path in [
            "\(harness.folder.path)/secret", "../secret", "/proc/self/cwd/../secret",
        ] {
            #expect(!(try harness.bash("cat \(path)").text.contains("the secret")), "\(path)")
        }
    }

    @Test func `no secret is in the environment, of anybody`() throws {
        _ = unsafe setenv("ANTHROPIC_API_KEY", "sk-test-secret", 1)
        _ = unsafe setenv("SWITCHBOARD_TOKEN", "sk-test-secret", 1)
        _ = unsafe setenv("LD_PRELOAD_X", "sk-test-secret", 1)
        defer {
            for name in ["ANTHROPIC_API_KEY", "SWITCHBOARD_TOKEN", "LD_PRELOAD_X"] {
                _ = unsafe unsetenv(name)
            }
        }
        let text = try harness.bash(
            "env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'"
        ).text
        #expect(text.contains("HOME=/tmp"))
        #expect(!text.contains("sk-test-secret"))
        let names = try harness.bash("env | cut -d= -f1 | sort").text.split(separator: "\n")
        #expect(
            Set(names).isSubset(of: [
                "ASAN_OPTIONS", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0",
                "GIT_OPTIONAL_LOCKS", "GIT_PAGER", "GIT_TERMINAL_PROMPT", "HOME",
                "LANG", "LC_ALL", "LOGNAME", "LSAN_OPTIONS", "NO_COLOR", "PAGER", "PATH", "PWD",
                "OLDPWD", "SHELL", "SHLVL", "TERM",
                "TMPDIR", "USER", "_",
            ]), "\(names)")
    }

    @Test func `no process but its own can be seen or signalled`() throws {
        let text = try harness.bash("kill -0 \(getpid()); ls -d /proc/[0-9]* | wc -l").text
        #expect(text.contains("No such process"))
        let count = text.split(separator: "\n").last.flatMap { Int($0) } ?? 1_000
        #expect(count < 10, "\(text)")
    }

    @Test func `there is no network in safe mode, nor where the workspace forbids it`() throws {
        let listener = try Listener()
        let connect = "exec 3<>/dev/tcp/127.0.0.1/\(listener.port) && echo connected"
        for access in [SandboxAccess.readOnly, .writable] {
            #expect(!(try harness.bash(connect, access: access).text.contains("connected")))
        }
        let open = try Harness(allowsNetwork: true)
        #expect(!(try open.bash(connect, access: .readOnly).text.contains("connected")))
        #expect(try open.bash(connect, access: .writable).text == "connected\n")
        #expect(try harness.bash("ls /sys/class/net").isError)
        #expect(
            try harness.bash("grep -c : /proc/net/dev").text == "1\n", "loopback of its own only")
    }

    @Test func `no privilege can be had`() throws {
        let text = try harness.bash("grep -E 'NoNewPrivs|Cap(Eff|Prm|Bnd|Amb)' /proc/self/status")
            .text
        #expect(text.contains("NoNewPrivs:\t1"))
        #expect(text.split(separator: "\n").count { $0.hasSuffix("\t0000000000000000") } == 4)
        for line in [
            "unshare -U true", "unshare -m true", "mount -t tmpfs x d", "chroot . true",
            "mknod g c 1 3", "su -c true", "mount -o remount,rw /usr", "umount /tmp",
            "mount --bind /proc/self/fd d", "chown 12345 f",
        ] {
            #expect(try harness.bash(line).isError, "\(line)")
        }
    }

    @Test func `system calls that reach further than a sandbox are refused by the kernel`() throws {
        // Numbers of x86-64 and of arm64: ptrace, unshare, add_key, bpf, io_uring_setup, clone3,
        // memfd_create, vmsplice; the errno that each must end in.
        let numbers = [
            "x86_64": "(101,1),(272,1),(248,1),(321,1),(425,38),(435,38),(319,38),(278,38)",
            "aarch64": "(117,1),(97,1),(217,1),(280,1),(425,38),(435,38),(279,38),(75,38)",
        ]
        let calls = numbers.map { "'\($0)':[\($1)]" }.joined(separator: ",")
        try harness.write(
            "calls.py",
            """
            import ctypes, os, socket
            libc = ctypes.CDLL(None, use_errno=True)
            for number, error in {\(calls)}[os.uname().machine]:
                assert libc.syscall(number, 0, 0, 0, 0) == -1, number
                assert ctypes.get_errno() == error, (number, ctypes.get_errno())
            for family, kind, protocol in (40, 1, 0), (38, 5, 0), (17, 3, 0), (16, 3, 12):
                try: socket.socket(family, kind, protocol)
                except OSError as refusal: assert refusal.errno == 97, (family, refusal)
                else: raise SystemExit(f"a socket of family {family}")
            socket.socket(16, 3, 0), socket.socketpair(), socket.socket(socket.AF_INET6)
            print("as it should be")
            """)
        for access in [SandboxAccess.readOnly, .writable] {
            let outcome = try harness.bash("python3 calls.py", access: access)
            #expect(outcome.text == "as it should be\n", "\(outcome.text)")
        }
        #expect(
            try harness.bash("grep ^Seccomp: /proc/1/status /proc/self/status").text
                .split(separator: "\n").allSatisfy { $0.hasSuffix("\t2") })
    }

    @Test func `what people build with still works behind the filter`() throws {
        try harness.write("a.c", "#include <stdio.h>\nint main() { return !puts(\"built\"); }\n")
        try harness.write("Makefile", "all: a b c\na b c:\n\tcc -o $@ a.c && ./$@\n")
        #expect(try harness.bash("make -sj3").text == "built\nbuilt\nbuilt\n")
        let python = "import multiprocessing as m; print(m.Pool(2).map(abs, [-1, -2]))"
        #expect(try harness.bash("python3 -c '\(python)'").text == "[1, 2]\n")
        let node = "new (require('worker_threads').Worker)('console.log(6*7)', {eval: true})"
        #expect(try harness.bash("node -e \"\(node)\"").text == "42\n")
        let commit = "git -c user.name=a -c user.email=b commit -qm first"
        #expect(
            try harness.bash(
                "git init -q . && git add a.c && \(commit) && git gc -q && git log --format=%s"
            ).text == "first\n")
    }

    @Test(arguments: ["exec 9<>/proc/1/mem", "echo x >/proc/1/mem", "exec 9<>/proc/self/mem"])
    func `no process is written through its file`(_ line: String) throws {
        #expect(try harness.bash(line).text.contains("Read-only file system"))
    }

    @Test func `many processes at once are bounded`() throws {
        let text = try harness.bash(
            "for i in $(seq 2000); do sleep 100 & done; sleep 3; echo survived", timeout: 20_000
        ).text
        #expect(
            text.contains("more than \(ToolLimits.maximumProcesses) processes")
                || text.contains("Resource temporarily unavailable"), "\(text.suffix(300))")
    }

    @Test func `what a killed worker left is ended by the next`() throws {
        // bubblewrap without its parent's death signal, killed while its command runs.
        let ready = "\(harness.root)/ready"
        let command =
            "mkfifo \(ready); "
            + "bwrap --unshare-user --unshare-pid --unshare-uts --hostname switchboard-sandbox "
            + "--ro-bind / / sh -c 'echo >\(ready); exec sleep 98762' & "
            + "timeout 60 head -n 1 \(ready) >/dev/null; kill -9 $!; wait $! 2>/dev/null"
        #expect(unsafe system(command) != -1)
        func isThere() -> Bool {
            Folder.names("/proc").contains {
                Folder.text("/proc/\($0)/cmdline")?.contains("98762") == true
            }
        }
        try #require(isThere())
        _ = ToolRunner(on: harness.loop)
        try harness.wait { !isThere() }
    }

    @Test func `a process that wants all memory gets an error`() throws {
        let outcome = try harness.bash(
            "python3 -c 'x = bytearray(5 << 30); print(\"had it\")'", timeout: 20_000)
        #expect(outcome.isError && outcome.text.contains("MemoryError"), "\(outcome.text)")
    }

    @Test func `a file of ten gigabytes is not written`() throws {
        let outcome = try harness.bash("head -c 10G /dev/zero > big; stat -c %s big; rm -f big")
        let size = outcome.text.split(separator: "\n").compactMap { Int($0) }.first ?? 0
        #expect(size <= ToolLimits.maximumWrittenFileBytes)
        let temporary = try harness.bash("head -c 10G /dev/zero > /tmp/big; stat -c %s /tmp/big")
        let held = temporary.text.split(separator: "\n").compactMap { Int($0) }.first ?? .max
        #expect(held <= ToolLimits.maximumTemporaryBytes)
    }

    @Test func `limits are placed before the command begins`() throws {
        let rest = "1048576\n4096\n0\n4194304\n5\n"
        let text = try harness.bash("ulimit -u; ulimit -f; ulimit -n; ulimit -c; ulimit -d; nice")
            .text
        // Twice as many processes where they meet a control group's bound before.
        #expect(text == "512\n\(rest)" || text == "1024\n\(rest)")
    }

    @Test(arguments: ["/bin/false", "/bin/true", "/nonexistent", "/bin/echo"])
    func `without walls nothing runs`(_ bubblewrap: String) throws {
        let other = try Harness(
            programs: Programs(bubblewrap: bubblewrap, shfmt: nil, ripgrep: nil))
        let outcome = try other.bash("touch x")
        #expect(outcome.isError, "\(outcome.text)")
        #expect(other.text("x") == nil)
        let none = try Harness(programs: Programs(bubblewrap: nil, shfmt: nil, ripgrep: nil))
        #expect(try none.bash("touch x").text.contains("install bubblewrap"))
        #expect(try none.run("Grep", ["pattern": "x"]).isError)
    }

    private func snapshot() -> [String] {
        Folder.names(harness.root).map { name in
            var status = stat()
            #expect(unsafe lstat("\(harness.root)/\(name)", &status) == 0)
            let folder = Folder.names("\(harness.root)/\(name)")
            return "\(name) \(status.st_mode) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec) "
                + "\(status.st_nlink) \(folder) \(harness.text(name) ?? "")"
        }
    }
}

/// Somebody who listens on loopback, and answers nothing.
private final class Listener {
    let port: Int
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, size) == 0 && listen(socket, 8) == 0
                    && getsockname(socket, $0, &size) == 0
            }
        }
        guard bound else { throw Folder.Failure("listening on loopback", errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(socket) }
}
