import CLinux
import Glibc
import Testing
import Tools

/// Runs the program of a sandbox's filter as the kernel would.
@Suite struct SystemCallFilterTests {
    private static let program = FilterProgram(.sandbox).instructions
    private let killed = SECCOMP_RET_KILL_PROCESS
    private let allowed = SECCOMP_RET_ALLOW

    private func failed(_ number: Int32) -> UInt32 { SECCOMP_RET_ERRNO | UInt32(number) }

    /// The answer to a call with these arguments.
    private func answer(
        _ number: Int, _ arguments: [UInt64] = [],
        architecture: UInt32 = SystemCallFilter.sandbox.architecture
    ) -> UInt32 {
        var words = [UInt32(truncatingIfNeeded: number), architecture, 0, 0]
        for argument in arguments + Array(repeating: 0, count: 6 - arguments.count) {
            words += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)]
        }
        var accumulator: UInt32 = 0
        var place = 0
        while true {
            let instruction = Self.program[place]
            let operand = instruction.operand
            let holds: Bool
            switch Int32(instruction.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                accumulator = words[Int(operand / 4)]
                place += 1
                continue
            case BPF_RET | BPF_K: return operand
            case BPF_JMP | BPF_JEQ | BPF_K: holds = accumulator == operand
            case BPF_JMP | BPF_JGT | BPF_K: holds = accumulator > operand
            case BPF_JMP | BPF_JSET | BPF_K: holds = accumulator & operand != 0
            default:
                Issue.record("no such instruction: \(instruction)")
                return killed
            }
            place += 1 + Int(holds ? instruction.skipIfTrue : instruction.skipIfFalse)
        }
    }

    private func answer(_ number: Int32, _ arguments: UInt64...) -> UInt32 {
        answer(Int(number), arguments)
    }

    @Test func `every path through the program ends in an answer, forward only`() {
        let program = Self.program
        #expect(program.count <= Int(BPF_MAXINSNS))
        for (place, instruction) in program.enumerated()
        where Int32(instruction.code) & 0x07 == BPF_JMP {
            #expect(place + 1 + Int(instruction.skipIfTrue) < program.count)
            #expect(place + 1 + Int(instruction.skipIfFalse) < program.count)
        }
        #expect(program.last?.operand == allowed)
        #expect(FilterProgram(.sandbox).bytes.count == 8 * program.count)
    }

    @Test func `no call has two rules, which the second would never see`() {
        let numbers = SystemCallFilter.sandbox.rules.map(\.number)
        #expect(Set(numbers).count == numbers.count)
        for number in numbers { #expect(number <= SystemCallFilter.sandbox.lastKnown) }
    }

    @Test func `another architecture is killed at its first call, whatever that is`() {
        for other: UInt32 in [0, 3, 0x4000_0003, 0x4000_0028, 0xC000_003D, 0xC000_00B6, .max] {
            for number in 0...500 { #expect(answer(number, architecture: other) == killed) }
        }
    }

    @Test func `what nobody has judged is not there, x32 among it`() {
        for number in [451, 452, 467, 512, 547, 0x4000_0000, 0x4000_0000 + 101, 0x7FFF_FFFF, -1] {
            #expect(answer(number) == failed(ENOSYS), "\(number)")
        }
    }

    @Test(arguments: [
        SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd,
        SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
        SYS_mount, SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree, SYS_fsopen,
        SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_unshare, SYS_setns,
        SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module,
        SYS_delete_module, SYS_swapon, SYS_reboot, SYS_quotactl, SYS_acct, SYS_settimeofday,
        SYS_clock_settime, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_chroot,
        SYS_lookup_dcookie, SYS_nfsservctl, SYS_vhangup, SYS_syslog,
    ])
    func `what reaches out of a process or a sandbox is refused`(_ number: Int32) {
        for argument: UInt64 in [0, 1, .max] {
            #expect(answer(number, argument, argument, argument) == failed(EPERM))
        }
    }

    @Test(arguments: [
        SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
        SYS_memfd_create, SYS_memfd_secret, SYS_vmsplice,
    ])
    func `what programs can do without seems not to be there`(_ number: Int32) {
        #expect(answer(number, 0, 0) == failed(ENOSYS))
    }

    @Test(arguments: [
        SYS_read, SYS_write, SYS_openat, SYS_mmap, SYS_execve, SYS_exit_group, SYS_futex,
        SYS_wait4, SYS_kill, SYS_prctl, SYS_seccomp, SYS_statx, SYS_landlock_create_ruleset,
        SYS_set_mempolicy_home_node, SYS_shmat, SYS_pidfd_open, SYS_inotify_add_watch,
    ])
    func `what programs are made of is allowed`(_ number: Int32) {
        #expect(answer(number, .max, .max, .max) == allowed)
    }

    @Test func `a process or thread is made, a namespace is not`() {
        let thread: UInt64 = 0x3D_0F00
        for flags: UInt64 in [17, thread, 0x4111, 0x0100_0011] {
            #expect(answer(SYS_clone, flags) == allowed)
            for bit: UInt64 in [17, 25, 26, 27, 28, 29, 30] {
                #expect(answer(SYS_clone, flags | 1 << bit) == failed(EPERM))
                // The kernel drops the upper half.
                #expect(answer(SYS_clone, flags | 1 << bit | 1 << 40) == failed(EPERM))
            }
        }
    }

    @Test func `nothing is typed into a terminal, whatever stands in the upper half`() {
        for command: UInt64 in [0x5412, 0x541C, 0x541D, 0x5423] {
            #expect(answer(SYS_ioctl, 0, command) == failed(EPERM))
            #expect(answer(SYS_ioctl, 0, command | 7 << 32) == failed(EPERM))
        }
        for command: UInt64 in [0x5401, 0x5413, 0x541B, 0x4004_9409] {
            #expect(answer(SYS_ioctl, 0, command) == allowed)
        }
    }

    @Test func `sockets are of the families that programs need`() {
        for call in [SYS_socket, SYS_socketpair] {
            for family: UInt64 in 0...60 {
                let isKnown = [1, 2, 10, 16].contains(family)
                #expect(answer(call, family, 1, 0) == (isKnown ? allowed : failed(EAFNOSUPPORT)))
            }
            for netlink: UInt64 in 1...30 {
                #expect(answer(call, 16, 3, netlink) == failed(EAFNOSUPPORT))
            }
        }
    }

    @Test func `a personality is the usual one, or without random addresses`() {
        for value: UInt64 in [0, 0xFFFF_FFFF, 0x0004_0000] {
            #expect(answer(SYS_personality, value) == allowed)
        }
        for value: UInt64 in [8, 0x0040_0000, 0x0020_0000, 0x0044_0000, 1, 0x0100_0000] {
            #expect(answer(SYS_personality, value) == failed(EPERM))
        }
    }

    @Test func `a segment of shared memory that nobody has to map is small`() {
        let most = UInt64(ToolLimits.maximumSystemVSegmentBytes)
        #expect(answer(SYS_shmget, 0, most) == allowed)
        for size: UInt64 in [most + 1, 1 << 30, 1 << 32, 1 << 32 | 56] {
            #expect(answer(SYS_shmget, 0, size) == failed(ENOSPC))
        }
    }
}
