import CLinux
import Glibc

/// Which system calls a sandbox may make; pure data, which ``FilterProgram`` translates.
///
/// Numbers come from the kernel's header of the architecture that this is built for. What libseccomp
/// would add, other architectures and arguments in words, is what this filter refuses as a whole, so
/// that a library would have been more to install than there is to write.
package struct SystemCallFilter: Sendable, Equatable {
    /// What must hold of an argument, counted from 0.
    package enum Condition: Sendable, Equatable {
        /// Of its low 32 bits.
        case equals(Int, UInt32)
        case differs(Int, UInt32)
        /// None of these bits is set.
        case lacks(Int, UInt32)
        /// Of all 64 bits.
        case isAtMost(Int, UInt32)
    }

    /// A call that isn't simply allowed.
    package struct Rule: Sendable, Equatable {
        package let number: Int
        /// Allowed where all conditions of one of these hold; never where there are none.
        package let ways: [[Condition]]
        /// The `errno` of all else.
        package let refusal: Int32
    }

    /// Programs of another one (i386, 32-bit ARM) are killed at their first call.
    package let architecture: UInt32
    /// Later calls answer `ENOSYS`, as on an older kernel: nobody has judged them.
    ///
    /// So do those of x32, whose numbers are all above.
    package let lastKnown: Int
    package let rules: [Rule]

    /// The filter of every sandbox.
    ///
    /// Linux 6.1, the kernel of Debian 12, is the last whose calls were looked through.
    package static let sandbox = SystemCallFilter(
        architecture: switchboard_AUDIT_ARCH, lastKnown: Int(SYS_set_mempolicy_home_node),
        rules: refused.map { Rule(number: Int($0), ways: [], refusal: EPERM) }
            + missing.map { Rule(number: Int($0), ways: [], refusal: ENOSYS) } + conditional)

    private static let refused =
        [otherProcesses, secretsAndKernel, mountsAndNamespaces, machine, interfacesOfOld].joined()

    /// Reaching into another process: with these a tool held the sandbox's first process alive.
    private static let otherProcesses = [
        SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd,
    ]

    /// Parts of the kernel that tools have no use for and attackers had.
    private static let secretsAndKernel = [
        SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
        SYS_fanotify_init, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_lookup_dcookie,
    ]

    private static let mountsAndNamespaces = [
        SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree,
        SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_unshare,
        SYS_setns,
    ]

    /// What concerns the whole machine.
    private static let machine = [
        SYS_acct, SYS_adjtimex, SYS_clock_adjtime, SYS_clock_settime, SYS_delete_module,
        SYS_finit_module, SYS_init_module, SYS_kexec_file_load, SYS_kexec_load, SYS_nfsservctl,
        SYS_quotactl, SYS_quotactl_fd, SYS_reboot, SYS_setdomainname, SYS_sethostname,
        SYS_settimeofday, SYS_swapoff, SYS_swapon, SYS_syslog, SYS_vhangup,
    ]

    #if arch(x86_64)
        private static let interfacesOfOld = [
            SYS__sysctl, SYS_create_module, SYS_get_kernel_syms, SYS_ioperm, SYS_iopl,
            SYS_modify_ldt, SYS_query_module, SYS_sysfs, SYS_uselib, SYS_ustat,
        ]
    #else
        private static let interfacesOfOld: [Int32] = []
    #endif

    /// Programs that meet an older kernel do without.
    ///
    /// `clone3` has its flags in memory, where no filter sees them. The last three make memory that
    /// no process has to map, so that nothing but a control group counts it: such files belong in
    /// `/dev/shm`, which has a size.
    private static let missing = [
        SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
        SYS_memfd_create, SYS_memfd_secret, SYS_vmsplice,
    ]

    private static let conditional = [
        Rule(number: Int(SYS_clone), ways: [[.lacks(0, namespaceFlags)]], refusal: EPERM),
        Rule(number: Int(SYS_ioctl), ways: [terminalTricks], refusal: EPERM),
        Rule(
            number: Int(SYS_personality), ways: personalities.map { [.equals(0, $0)] },
            refusal: EPERM),
        Rule(number: Int(SYS_socket), ways: families, refusal: EAFNOSUPPORT),
        Rule(number: Int(SYS_socketpair), ways: families, refusal: EAFNOSUPPORT),
        Rule(
            number: Int(SYS_shmget),
            ways: [[.isAtMost(1, UInt32(ToolLimits.maximumSystemVSegmentBytes))]], refusal: ENOSPC),
    ]

    /// `CLONE_NEWNS`, `CGROUP`, `UTS`, `IPC`, `USER`, `PID`, `NET`, of `linux/sched.h`.
    private static let namespaceFlags: UInt32 =
        0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000
        | 0x4000_0000

    /// Typing into the terminal of somebody else, and choosing who reads it: `TIOCSTI`, `TIOCLINUX`,
    /// `TIOCCONS`, `TIOCSETD`.
    private static let terminalTricks: [Condition] = [
        .differs(1, 0x5412), .differs(1, 0x541C), .differs(1, 0x541D), .differs(1, 0x5423),
    ]

    /// Linux as it is, the question what is set, and `ADDR_NO_RANDOMIZE`, which sanitizers and Lisps
    /// ask for and which concerns the asking process alone.
    private static let personalities: [UInt32] = [0, 0xFFFF_FFFF, 0x0004_0000]

    /// Unix, IPv4, IPv6; of netlink only the questions about interfaces and routes
    /// (`NETLINK_ROUTE`), which the C library asks before it resolves a name.
    private static let families: [[Condition]] = [
        [.equals(0, UInt32(AF_UNIX))], [.equals(0, UInt32(AF_INET))],
        [.equals(0, UInt32(AF_INET6))], [.equals(0, UInt32(AF_NETLINK)), .equals(2, 0)],
    ]
}
